import type { IncomingMessage } from "@berth/broker";
import { Delivery, type Failure } from "@berth/protocol";
import { failure } from "./failure.ts";

/** What of a delivery is needed to say that the rest of it cannot be read. */
export interface DeliveryReference {
  readonly task: string;
  readonly leg: string;
  readonly attempt: number;
  readonly token: string;
  readonly session: string | null;
}

export type ReadDelivery =
  | { readonly type: "delivery"; readonly delivery: Delivery }
  | { readonly type: "unreadable"; readonly reference: DeliveryReference; readonly failure: Failure }
  /** Nobody can be told of it, since nobody knows what it was. */
  | { readonly type: "garbage"; readonly problem: string };

// Picked from the schema, so that both always agree on what an id is.
const Reference = Delivery.pick({ task: true, leg: true, attempt: true, token: true, session: true }).strip();

export function readDelivery(message: IncomingMessage): ReadDelivery {
  let json: unknown;
  try {
    json = message.json();
  } catch {
    return { type: "garbage", problem: `${message.body.length} bytes that are not JSON` };
  }
  if (Delivery.validate(json)) return { type: "delivery", delivery: json };
  // Paths and expectations, and not the values: those may be secret.
  const issues = Delivery.safeParse(json).error?.issues ?? [];
  const problem = issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  const reference = Reference.safeParse(json);
  if (!reference.success) return { type: "garbage", problem };
  return {
    type: "unreadable",
    reference: reference.data,
    failure: failure("DeliveryUnreadable", `the delivery cannot be read: ${problem}`),
  };
}

import { type BerthErrorCode, BerthRequestError, type WrongField } from "./error.ts";

/** Reads the answer of the API; throws `BerthRequestError` for a refusal and for what is not an answer of Berth. */
export async function readAnswer(response: Response, url: string, attempts: number): Promise<unknown> {
  const text = await response.text();
  const body = text === "" ? null : parseJson(text);
  if (response.ok && body !== undefined) return body;
  throw refusalOf(body, response.status, attempts) ?? unreadable(response, url, attempts);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Read loosely and not by the schema of the protocol: a newer server may have codes that this client does not know,
 * and their message is worth more than a complaint about them.
 */
function refusalOf(body: unknown, status: number, attempts: number): BerthRequestError | undefined {
  if (!isRecord(body) || !isRecord(body.error)) return undefined;
  const { code, message, fields } = body.error;
  if (typeof code !== "string" || typeof message !== "string") return undefined;
  return new BerthRequestError(code as BerthErrorCode, message, {
    status,
    attempts,
    fields: Array.isArray(fields) ? (fields as WrongField[]) : [],
  });
}

function unreadable(response: Response, url: string, attempts: number): BerthRequestError {
  const type = response.headers.get("content-type")?.split(";")[0] ?? "an answer without a type";
  return new BerthRequestError(
    "answer_unreadable",
    `${url} answered ${response.status} with ${type}, which is not an answer of Berth. Check the address, and any proxy in between.`,
    { status: response.status, attempts },
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

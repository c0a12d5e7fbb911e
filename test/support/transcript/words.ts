// Pieces of a line of text. What is not there is left out.
import { durationText, momentText } from "./time.ts";

export function words(...parts: string[]): string {
  return parts.filter((part) => part !== "").join(" ");
}

export function setting(key: string, value: string | number | null): string {
  return value === null ? "" : `${key}=${value}`;
}

export function quoted(text: string | null): string | null {
  return text === null ? null : `"${text}"`;
}

export function moment(at: number | null): string | null {
  return at === null ? null : momentText(at);
}

export function duration(ms: number | null): string | null {
  return ms === null ? null : durationText(ms);
}

export function list(items: readonly string[]): string | null {
  return items.length === 0 ? null : items.join(",");
}

/** `00000000000001-000000000003` is written as `1-3`. */
export function tokenText(token: string): string {
  return token.split("-").map(Number).join("-");
}

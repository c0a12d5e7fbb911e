/** Resolves when `work` has ended in whatever way, or after `ms`; tells whether it was in time. */
export async function settledWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), ms);
  const settled = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** As `work`, and rejects with what `lateError` makes after `ms`. */
export async function answeredWithin<Answer>(
  work: Promise<Answer>,
  ms: number,
  lateError: () => Error,
): Promise<Answer> {
  if (await settledWithin(work, ms)) return work;
  throw lateError();
}

import { DrydockError } from '../base/errors.ts';

/** One of the formats of a command. @param what is told in them @throws DrydockError USAGE_INVALID */
export function formatNamed<F extends { readonly id: string }>(
  formats: readonly F[],
  id: string,
  what: string,
): F {
  const format = formats.find((known) => known.id === id);
  if (format) return format;
  throw new DrydockError('USAGE_INVALID', `${what} cannot be told as ${id}`, {
    hint: `There are: ${formats.map((known) => known.id).join(', ')}.`,
  });
}

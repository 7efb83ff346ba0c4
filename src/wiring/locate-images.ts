import { DrydockError } from '../base/errors.ts';
import type { Config } from '../config/schema.ts';
import { locate, type Location } from '../oci/locate.ts';

export async function locateFor({ offline }: Config, image: string): Promise<Location> {
  const location = await locate(image);
  if (location.kind !== 'registry' || !offline) return location;
  throw new DrydockError('USAGE_INVALID', `${image} is in a registry, and --offline forbids the network`, {
    hint: 'Copy the image to an OCI layout or archive and scan that.',
  });
}

/** One that is not found concerns only who asks for it; when none is, there is nothing to open. */
export async function registriesOf(located: readonly Promise<Location>[]): Promise<string[]> {
  const found = await Promise.allSettled(located);
  if (found.every(({ status }) => status === 'rejected')) await Promise.all(located);
  return found.flatMap((one) => {
    return one.status === 'fulfilled' && one.value.kind === 'registry' ? [one.value.reference.registry] : [];
  });
}

export async function filesAmong(located: readonly Promise<Location>[]): Promise<string[]> {
  const found = await Promise.allSettled(located);
  return found.flatMap((one) =>
    one.status === 'fulfilled' && one.value.kind === 'archive' ? [one.value.path] : [],
  );
}

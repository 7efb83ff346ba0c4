import { DrydockError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import type { Config } from '../../config/schema.ts';
import { openDegradingStore, type DegradingStore } from '../../store/degrading.ts';
import { openS3Store } from '../../store/s3/s3-store.ts';

/** Large values may take their time. */
const SLOW_MS = 25_000;

/**
 * Where large results go: `s3://bucket/prefix?endpoint=https://host&region=name&style=path`.
 *
 * @throws DrydockError CONFIG_INVALID
 */
export async function openLargeStore(config: Config): Promise<DegradingStore | undefined> {
  if (config.storeLarge === undefined) return undefined;
  const { s3AccessKey, s3SecretKey } = config;
  if (s3AccessKey === undefined || s3SecretKey === undefined) {
    throw new DrydockError('CONFIG_INVALID', 'the object storage needs an access key', {
      hint: 'Set DRYDOCK_S3_ACCESS_KEY and DRYDOCK_S3_SECRET_KEY.',
    });
  }
  const place = placeOf(config.storeLarge);
  const inner = await openS3Store({
    ...place,
    credentials: { accessKeyId: s3AccessKey, secretAccessKey: new Secret(s3SecretKey) },
  });
  return openDegradingStore(inner, { name: 'object storage', slowMs: SLOW_MS });
}

function placeOf(text: string): Omit<Parameters<typeof openS3Store>[0], 'credentials'> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const endpoint = url?.searchParams.get('endpoint');
  if (url?.protocol !== 's3:' || url.hostname === '' || url.username !== '' || !endpoint) {
    throw new DrydockError('CONFIG_INVALID', '--store-large is no address of a bucket', {
      hint: 'Write s3://bucket/prefix?endpoint=https://host&region=name.',
    });
  }
  const region = url.searchParams.get('region');
  const path = url.pathname.replace(/^\//, '').replace(/\/?$/, '/');
  return {
    endpoint,
    bucket: url.hostname,
    ...(region && { region }),
    ...(url.searchParams.get('style') === 'path' && { isPathStyle: true }),
    ...(path !== '/' && { prefix: path }),
  };
}

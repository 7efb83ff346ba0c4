import { DrydockError } from '../../base/errors.ts';
import type { Signal } from '../../base/signal.ts';
import type { UsedIndex } from '../../model/patch.ts';
import { sha256HexOf } from './archive-cache.ts';
import type { Addresses } from './addresses.ts';
import type { AptSource } from './apt-source.ts';
import { fetchStamped, type StampContext } from './fetch-stamped.ts';
import type { AllowedKey } from './keyrings.ts';
import { checkRelease, type DateMemory } from './release-age.ts';
import { parseRelease, type Release } from './release.ts';
import { untrusted, verifyClearSigned, verifyDetached, withoutKeys } from './signed-text.ts';

/** A suite whose release file was verified. */
export interface VerifiedSuite {
  readonly source: AptSource;
  readonly release: Release;
  /** What paths of packages are below; ends with a slash. */
  readonly archive: URL;
  /** What paths of indexes are below; ends with a slash. */
  readonly dists: URL;
  readonly used: UsedIndex;
}

export interface ReleaseContext extends StampContext {
  readonly addresses: Addresses;
  readonly dates: DateMemory | undefined;
  readonly now: Date;
  readonly allowExpired: boolean;
  /** Sources that want to be believed without a signature are. */
  readonly allowUnsigned: boolean;
}

const MAX_RELEASE_BYTES = 32 << 20;
const MAX_SIGNATURE_BYTES = 1 << 20;

/**
 * Gets and verifies the release file of a source.
 * @throws DrydockError ARCHIVE_UNTRUSTED, ARCHIVE_EXPIRED, ARCHIVE_ROLLED_BACK, ARCHIVE_UNAVAILABLE
 */
export async function loadRelease(
  source: AptSource,
  keys: readonly AllowedKey[],
  context: ReleaseContext,
  options: Signal,
): Promise<VerifiedSuite> {
  const { archive, dists } = placesOf(source, context.addresses);
  const { text, url, sha256 } = await verifiedText(source, dists, keys, context, options);
  const release = parseRelease(text, url.href);
  const isFrozen = context.frozen.has(url.href);
  await checkRelease(release, source, {
    url: url.href,
    now: context.now,
    // Who asks for one certain state has seen it before, and wants it however old it is.
    dates: isFrozen ? undefined : context.dates,
    allowExpired: isFrozen || context.allowExpired,
  });
  const used = {
    origin: release.origin,
    suite: release.suite || source.suite,
    codename: release.codename,
    date: release.date.toISOString(),
    sha256,
    url: url.href,
  };
  return { source, release, archive, dists, used };
}

function placesOf(source: AptSource, addresses: Addresses): { archive: URL; dists: URL } {
  const archive = addresses.rewrite(withoutLogin(source.uri));
  const isFlat = source.suite.endsWith('/');
  return { archive, dists: new URL(isFlat ? `./${source.suite}` : `dists/${source.suite}/`, archive) };
}

function withoutLogin(uri: string): URL {
  const url = new URL(uri);
  [url.username, url.password] = ['', ''];
  return url;
}

interface VerifiedText {
  readonly text: string;
  readonly url: URL;
  /** Of the file that was signed. */
  readonly sha256: string;
}

async function verifiedText(
  source: AptSource,
  dists: URL,
  keys: readonly AllowedKey[],
  context: ReleaseContext,
  options: Signal,
): Promise<VerifiedText> {
  const url = new URL('InRelease', dists);
  const mayBeUnsigned = source.wantsTrust && (source.byOperator || context.allowUnsigned);
  if (mayBeUnsigned && keys.length === 0) return unsignedText(dists, context, options);
  const content = await fetchStamped(url, MAX_RELEASE_BYTES, context, options);
  try {
    if (!content) return await detachedText(dists, keys, context, options);
    if (keys.length === 0) throw withoutKeys(url.href);
    const text = await verifyClearSigned(content, { url: url.href, keys, now: context.now });
    return { text, url, sha256: sha256HexOf(content) };
  } catch (error) {
    if (!mayBeUnsigned || !(error instanceof DrydockError)) throw error;
    return unsignedText(dists, context, options);
  }
}

async function detachedText(
  dists: URL,
  keys: readonly AllowedKey[],
  context: ReleaseContext,
  options: Signal,
): Promise<VerifiedText> {
  const [url, signatureUrl] = [new URL('Release', dists), new URL('Release.gpg', dists)];
  const content = await fetchStamped(url, MAX_RELEASE_BYTES, context, options);
  if (!content) throw gone(new URL('InRelease', dists));
  const signature = await fetchStamped(signatureUrl, MAX_SIGNATURE_BYTES, context, options);
  if (!signature) throw untrusted(url.href, 'it is not signed');
  if (keys.length === 0) throw withoutKeys(url.href);
  const text = await verifyDetached(content, signature, { url: url.href, keys, now: context.now });
  return { text, url, sha256: sha256HexOf(content) };
}

async function unsignedText(dists: URL, context: ReleaseContext, options: Signal): Promise<VerifiedText> {
  const url = new URL('Release', dists);
  const content = await fetchStamped(url, MAX_RELEASE_BYTES, context, options);
  if (!content) throw gone(url);
  return { text: Buffer.from(content).toString('utf8'), url, sha256: sha256HexOf(content) };
}

/** What is not there at all, rather than out of reach. */
export class SuiteGone extends DrydockError {}

function gone(url: URL): SuiteGone {
  return new SuiteGone('ARCHIVE_UNAVAILABLE', `${url.href} is not there`, {
    hint: 'Suites past their end are moved to an archive of old releases: give its address in place of this one.',
  });
}

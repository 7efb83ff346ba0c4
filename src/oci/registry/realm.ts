import { DrydockError } from '../../base/errors.ts';
import { quoted } from '../quoted.ts';
import { addressKind } from './addresses.ts';
import { toUrl } from './urls.ts';

const MAX_LENGTH = 2000;

/**
 * The URL of a token server that a registry names, when credentials may be sent there. Any name will do over
 * https, as that is how registries work; but an https registry may not send us to plain http, nor any registry to
 * an address of the network we happen to be in.
 *
 * @throws DrydockError REGISTRY_PROTOCOL
 */
export function checkRealm(text: string, registry: URL): URL {
  const realm = text.length > MAX_LENGTH ? undefined : toUrl(text);
  if (!realm) throw refused(text, registry, 'is not a URL');
  if (realm.protocol !== 'https:' && realm.protocol !== 'http:')
    throw refused(text, registry, 'is no web address');
  if (realm.username !== '' || realm.password !== '') throw refused(text, registry, 'holds credentials');
  if (realm.protocol === 'http:' && registry.protocol === 'https:')
    throw refused(text, registry, 'is plain http');
  if (!isReachable(realm, registry)) throw refused(text, registry, 'is an address of a private network');
  realm.hash = '';
  return realm;
}

function isReachable(realm: URL, registry: URL): boolean {
  if (realm.hostname === registry.hostname) return true;
  const kind = addressKind(realm.hostname);
  if (kind === 'name' || kind === 'public') return true;
  return kind === 'loopback' && addressKind(registry.hostname) === 'loopback';
}

function refused(realm: string, registry: URL, problem: string): DrydockError {
  // What is behind the host may hold secrets of somebody's set-up.
  const shown = quoted(toUrl(realm)?.host ?? realm);
  return new DrydockError(
    'REGISTRY_PROTOCOL',
    `registry ${registry.host} wants tokens to be fetched from ${shown}, which ${problem}: refused`,
  );
}

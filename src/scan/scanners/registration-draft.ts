import { X509Certificate } from 'node:crypto';
import { normalMediaType } from '../../base/media-type.ts';
import { parseGlob } from '../../base/glob.ts';
import { Secret } from '../../base/secret.ts';
import type {
  AdapterAuth,
  AdapterTarget,
  ScannerRegistration,
  ScannerTimeouts,
} from '../../model/scanner-registration.ts';
import { isObject, type JsonObject } from './answer-json.ts';
import { DEFAULT_PRIORITY, LOCAL_ID } from './rank.ts';
import { invalid } from './registration-refused.ts';

/** A registration as somebody wants it. */
export interface RegistrationDraft extends Pick<
  ScannerRegistration,
  | ('name' | 'description' | 'priority' | 'isDisabled')
  | ('scanTypes' | 'repositories' | 'maxInFlight' | 'timeouts' | 'target')
> {
  /** Absent: as it was. */
  readonly credential?: Secret;
  /** To be asked where nothing else is said. */
  readonly isDefault?: boolean;
}

const [MAX_NAME, MAX_URL, MAX_DESCRIPTION, MAX_CREDENTIAL, MAX_CA] = [128, 256, 1024, 8192, 65_536];
const [MAX_LIST, MAX_IN_FLIGHT, MAX_SECONDS] = [100, 1000, 86_400];
export const DEFAULT_TIMEOUTS: ScannerTimeouts = { submitSeconds: 10, reportSeconds: 60, scanSeconds: 1500 };
const DEFAULT_IN_FLIGHT = 4;
const AUTHS: ReadonlyMap<string, AdapterAuth> = new Map([
  ['', 'none'],
  ['none', 'none'],
  ['basic', 'basic'],
  ['bearer', 'bearer'],
  ['apikey', 'api-key'],
  ['api-key', 'api-key'],
]);

/** What may be sent, by Harbor's names where it has them. */
const FIELDS: ReadonlySet<string> = new Set([
  ...['name', 'url', 'description', 'auth', 'access_credential', 'skip_certVerify', 'disabled', 'is_default'],
  ...['priority', 'scanTypes', 'repositories', 'maxInFlight', 'timeouts', 'caCertificate'],
]);
/** What is told and may come back, or has no meaning here. */
const OVERLOOKED: ReadonlySet<string> = new Set([
  ...['id', 'uuid', 'create_time', 'update_time', 'health', 'scanner', 'origin', 'draining'],
  ...['hasCredential', 'adapter', 'vendor', 'version', 'capabilities', 'use_internal_addr', 'program'],
]);

/**
 * Reads the registration of a scanner that speaks Harbor's API.
 *
 * @throws RegistrationRefused invalid, with the name of the field and never with its value
 */
export function parseDraft(value: unknown): RegistrationDraft {
  if (!isObject(value)) throw invalid('a registration is a JSON object');
  const unknown = Object.keys(value).find((name) => !FIELDS.has(name) && !OVERLOOKED.has(name));
  if (unknown !== undefined) throw invalid(`there is no field ${JSON.stringify(unknown.slice(0, 60))}`);
  const target = targetOf(value);
  const credential = credentialOf(value, target.auth);
  return {
    ...parseTerms(value),
    target,
    ...(credential && { credential }),
    ...(value['is_default'] !== undefined && { isDefault: flag(value, 'is_default') }),
  };
}

/** What holds for every scanner, whatever it is. @throws RegistrationRefused invalid */
export function parseTerms(
  value: JsonObject,
): Omit<RegistrationDraft, 'target' | 'credential' | 'isDefault'> {
  const name = text(value, 'name', MAX_NAME);
  if (name === '') throw invalid('missing name');
  if (['drydock', LOCAL_ID].includes(name.toLowerCase()))
    throw invalid('name is the one by which Drydock itself is known');
  if (/[\u0000-\u001f\u007f]/.test(name)) throw invalid('name holds what cannot be shown');
  const scanTypes = value['scanTypes'] === undefined ? undefined : typesOf(value);
  return {
    name,
    description: text(value, 'description', MAX_DESCRIPTION),
    priority: whole(value, 'priority', { min: -1000, max: 1000, otherwise: DEFAULT_PRIORITY }),
    isDisabled: flag(value, 'disabled'),
    ...(scanTypes && scanTypes.length > 0 && { scanTypes }),
    repositories: patternsOf(value),
    maxInFlight: whole(value, 'maxInFlight', { min: 1, max: MAX_IN_FLIGHT, otherwise: DEFAULT_IN_FLIGHT }),
    timeouts: timeoutsOf(value['timeouts']),
  };
}

function targetOf(value: JsonObject): AdapterTarget {
  const auth = AUTHS.get(text(value, 'auth', 20).toLowerCase());
  if (!auth) throw invalid('auth is Basic, Bearer, APIKey or nothing');
  const caCertificate = text(value, 'caCertificate', MAX_CA);
  if (caCertificate !== '' && !isCertificate(caCertificate))
    throw invalid('caCertificate is no certificate in PEM form');
  return {
    kind: 'adapter',
    url: addressOf(text(value, 'url', MAX_URL)),
    auth,
    skipCertVerify: flag(value, 'skip_certVerify'),
    ...(caCertificate !== '' && { caCertificate }),
  };
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return pem.includes('-----BEGIN CERTIFICATE-----');
  } catch {
    return false;
  }
}

/** As Harbor keeps it: with a scheme, and without user, query and fragment. */
function addressOf(given: string): string {
  if (given === '') throw invalid('missing url');
  const spelt = /^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `http://${given}`;
  const url = URL.canParse(spelt) ? new URL(spelt) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.hostname === '')
    throw invalid('url is no address with http:// or https://');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function credentialOf(value: JsonObject, auth: AdapterAuth): Secret | undefined {
  const given = text(value, 'access_credential', MAX_CREDENTIAL);
  if (given === '' || auth === 'none') return undefined;
  // What is not encoded stands in the header as it is.
  const fits = auth === 'basic' ? /^[\x20-\x7e\u0080-\uffff]+$/ : /^[\x20-\x7e\u0080-\u00ff]+$/;
  if (!fits.test(given)) throw invalid('access_credential cannot stand in a header');
  if (auth === 'basic' && !given.includes(':'))
    throw invalid('access_credential is user:password with auth Basic');
  return new Secret(given);
}

function timeoutsOf(value: unknown): ScannerTimeouts {
  if (value === undefined || value === null) return DEFAULT_TIMEOUTS;
  if (!isObject(value)) throw invalid('timeouts is an object');
  const seconds = (name: string, otherwise: number): number =>
    whole(value, name, { min: 1, max: MAX_SECONDS, otherwise, within: 'timeouts.' });
  const { submitSeconds, reportSeconds, scanSeconds } = DEFAULT_TIMEOUTS;
  return {
    submitSeconds: seconds('submit', submitSeconds),
    reportSeconds: seconds('report', reportSeconds),
    scanSeconds: seconds('scan', scanSeconds),
  };
}

function typesOf(value: JsonObject): string[] {
  return texts(value, 'scanTypes').map((type) => {
    const normal = normalMediaType(type);
    if (normal === undefined) throw invalid('scanTypes holds something that is no media type');
    return normal;
  });
}

function patternsOf(value: JsonObject): string[] {
  const patterns = texts(value, 'repositories');
  if (patterns.some((pattern) => pattern === '' || pattern.length > 256 || !parseGlob(pattern)))
    throw invalid('repositories holds something that is no pattern');
  return patterns;
}

function text(value: JsonObject, name: string, max: number): string {
  const found = value[name];
  if (found === undefined || found === null) return '';
  if (typeof found !== 'string') throw invalid(`${name} is a text`);
  if (found.length > max) throw invalid(`${name} has more than ${max} characters`);
  return found.trim();
}

function texts(value: JsonObject, name: string): string[] {
  const found = value[name] ?? [];
  const isList = Array.isArray(found) && found.length <= MAX_LIST;
  if (!isList || !found.every((item) => typeof item === 'string'))
    throw invalid(`${name} is a list of at most ${MAX_LIST} texts`);
  return found;
}

function flag(value: JsonObject, name: string): boolean {
  const found = value[name] ?? false;
  if (typeof found !== 'boolean') throw invalid(`${name} is true or false`);
  return found;
}

function whole(
  value: JsonObject,
  name: string,
  { min, max, otherwise, within = '' }: { min: number; max: number; otherwise: number; within?: string },
): number {
  const found = value[name] ?? otherwise;
  if (typeof found === 'number' && Number.isInteger(found) && found >= min && found <= max) return found;
  throw invalid(`${within}${name} is a whole number from ${min} to ${max}`);
}

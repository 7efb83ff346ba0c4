import { createHash } from 'node:crypto';
import { normalMediaType } from '../base/media-type.ts';
import { DrydockError, messageOf } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import { readYamlFile } from '../config/yaml-file.ts';
import type { ScannerRegistration } from '../model/scanner-registration.ts';
import { parseProgram } from '../scan/scanners/programs/program-draft.ts';
import { LOCAL_ID } from '../scan/scanners/rank.ts';
import { parseDraft, parseTerms, type RegistrationDraft } from '../scan/scanners/registration-draft.ts';
import { RegistrationRefused } from '../scan/scanners/registration-refused.ts';
import type { FixedScanners } from '../scan/scanners/scanner-directory.ts';
import { readText } from './serve/shared-store.ts';

const NONE: FixedScanners = { registrations: [], defaults: {}, secrets: new Map() };
/** Programs keep their databases to themselves while they run. */
const PROGRAM_IN_FLIGHT = 1;
const OWN_FIELDS = ['default', 'credentialFile', 'caCertificateFile'];
const PROGRAM_FIELDS: ReadonlySet<string> = new Set([
  ...['name', 'description', 'program', 'default', 'disabled', 'priority'],
  ...['scanTypes', 'repositories', 'maxInFlight', 'timeouts'],
]);

/** The scanners that a file names. @throws DrydockError CONFIG_INVALID */
export async function readScannersFile(path: string | undefined): Promise<FixedScanners> {
  if (path === undefined) return NONE;
  const value = await readYamlFile(path);
  try {
    return await parse(value);
  } catch (error) {
    if (!(error instanceof RegistrationRefused)) throw error;
    throw new DrydockError('CONFIG_INVALID', `${path}: ${messageOf(error)}`, {
      hint: 'See docs/multiplexer.md.',
      cause: error,
    });
  }
}

async function parse(value: unknown): Promise<FixedScanners> {
  if (!isMapping(value) || !Array.isArray(value['scanners'])) throw refused('has no list of scanners');
  const unknown = Object.keys(value).find((name) => name !== 'scanners' && name !== 'defaults');
  if (unknown !== undefined) throw refused(`there is no field ${JSON.stringify(unknown)}`);
  const registrations: ScannerRegistration[] = [];
  const secrets = new Map<string, Secret>();
  let defaultId: string | undefined;
  for (const [index, entry] of value['scanners'].entries()) {
    const { registration, credential, isDefault } = await parseEntry(entry, index);
    if (registrations.some(({ name }) => name === registration.name))
      throw refused(`two scanners are called ${JSON.stringify(registration.name)}`);
    registrations.push(registration);
    if (credential) secrets.set(registration.id, credential);
    if (isDefault) defaultId = registration.id;
  }
  const defaults = parseDefaults(value['defaults'] ?? {}, registrations);
  return { registrations, secrets, defaults, ...(defaultId !== undefined && { defaultId }) };
}

interface Entry {
  readonly registration: ScannerRegistration;
  readonly credential: Secret | undefined;
  readonly isDefault: boolean;
}

async function parseEntry(value: unknown, index: number): Promise<Entry> {
  if (!isMapping(value)) throw refused(`scanner ${index + 1} is no mapping`);
  const { program, ...others } = value;
  const isDefault = others['default'] === true;
  const rest = Object.fromEntries(Object.entries(others).filter(([name]) => !OWN_FIELDS.includes(name)));
  try {
    const draft =
      program === undefined
        ? parseDraft({ ...rest, ...(await filesOf(others)) })
        : programDraft(value, program);
    const { credential, isDefault: _, ...terms } = draft;
    const at = new Date(0).toISOString();
    const id = `file-${createHash('sha256').update(draft.name).digest('hex').slice(0, 16)}`;
    return {
      registration: { ...terms, id, origin: 'file', createdAt: at, updatedAt: at },
      credential,
      isDefault,
    };
  } catch (error) {
    if (!(error instanceof RegistrationRefused)) throw error;
    throw refused(`scanner ${index + 1}: ${error.message}`);
  }
}

function programDraft(value: Readonly<Record<string, unknown>>, program: unknown): RegistrationDraft {
  const unknown = Object.keys(value).find((name) => !PROGRAM_FIELDS.has(name));
  if (unknown !== undefined) throw refused(`a program has no field ${JSON.stringify(unknown.slice(0, 60))}`);
  return {
    ...parseTerms({ maxInFlight: PROGRAM_IN_FLIGHT, ...value }),
    target: parseProgram(program),
  };
}

async function filesOf(value: Readonly<Record<string, unknown>>): Promise<Record<string, string>> {
  const { credentialFile, caCertificateFile } = value;
  return {
    ...(typeof credentialFile === 'string' && { access_credential: (await readText(credentialFile)).trim() }),
    ...(typeof caCertificateFile === 'string' && { caCertificate: await readText(caCertificateFile) }),
  };
}

function parseDefaults(
  value: unknown,
  registrations: readonly ScannerRegistration[],
): Readonly<Record<string, string>> {
  if (!isMapping(value)) throw refused('defaults is a mapping of types to names');
  const entries = Object.entries(value).map(([type, name]) => {
    const normal = normalMediaType(type);
    if (normal === undefined) throw refused('defaults name something that is no media type');
    const id = name === 'drydock' ? LOCAL_ID : registrations.find((one) => one.name === name)?.id;
    if (id === undefined) throw refused(`no scanner of defaults is called ${JSON.stringify(name)}`);
    return [normal, id] as const;
  });
  return Object.fromEntries(entries);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(message: string): RegistrationRefused {
  return new RegistrationRefused('invalid', message);
}

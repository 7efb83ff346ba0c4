import type {
  ProgramLogin,
  ProgramOutput,
  ProgramScan,
  ProgramTarget,
} from '../../../model/scanner-registration.ts';
import { isObject, type JsonObject } from '../answer-json.ts';
import { invalid } from '../registration-refused.ts';
import { KNOWN_PROGRAMS } from './known-programs.ts';

const OUTPUTS: ReadonlySet<string> = new Set<ProgramOutput>([
  ...(['trivy-json', 'grype-json', 'syft-json', 'cyclonedx-json', 'spdx-json', 'harbor'] as const),
]);
const FIELDS: ReadonlySet<string> = new Set([
  ...['like', 'command', 'vendor', 'version', 'environment', 'plainHttpEnvironment', 'login'],
  ...['scans', 'goodExitCodes', 'maxOutputMiB'],
]);
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
const [MAX_ARGUMENTS, MAX_CHARS, MAX_OUTPUT_MIB] = [100, 4096, 1024];

/**
 * Reads how a program is run: the name of one that is known, or a description that may begin with such a one.
 *
 * @throws RegistrationRefused invalid
 */
export function parseProgram(value: unknown): ProgramTarget {
  if (typeof value === 'string') return known(value);
  if (!isObject(value)) throw invalid('program is a name or a mapping');
  const unknown = Object.keys(value).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) throw invalid(`program has no field ${JSON.stringify(unknown.slice(0, 60))}`);
  const base = value['like'] === undefined ? undefined : known(textOf(value['like'], 'program.like'));
  const command =
    value['command'] === undefined ? base?.command : textOf(value['command'], 'program.command');
  const scans = value['scans'] === undefined ? base?.scans : scansOf(value['scans']);
  if (command === undefined) throw invalid('missing program.command');
  if (!scans) throw invalid('missing program.scans');
  const vendor = value['vendor'] === undefined ? base?.vendor : textOf(value['vendor'], 'program.vendor');
  return {
    kind: 'program',
    command,
    ...(vendor !== undefined && { vendor }),
    versionArguments:
      value['version'] === undefined
        ? (base?.versionArguments ?? [])
        : textsOf(value['version'], 'program.version'),
    environment: { ...base?.environment, ...variablesOf(value, 'environment') },
    plainHttpEnvironment: { ...base?.plainHttpEnvironment, ...variablesOf(value, 'plainHttpEnvironment') },
    login: loginOf(value['login']) ?? base?.login ?? { kind: 'docker-config' },
    scans,
    goodExitCodes: codesOf(value['goodExitCodes']) ?? base?.goodExitCodes ?? [],
    maxOutputBytes: outputBytesOf(value['maxOutputMiB']) ?? base?.maxOutputBytes ?? 256 << 20,
  };
}

function known(name: string): ProgramTarget {
  const found = KNOWN_PROGRAMS.get(name.toLowerCase());
  if (found) return found;
  throw invalid(`of programs only ${[...KNOWN_PROGRAMS.keys()].join(', ')} need no description`);
}

function scansOf(value: unknown): ProgramScan[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > 20)
    throw invalid('program.scans is a list of at least one');
  return value.map(scanOf);
}

function scanOf(value: unknown): ProgramScan {
  if (!isObject(value)) throw invalid('program.scans holds something that is no mapping');
  const { type, output } = value;
  if (type !== 'vulnerability' && type !== 'sbom')
    throw invalid('program.scans: type is vulnerability or sbom');
  if (typeof output !== 'string' || !OUTPUTS.has(output))
    throw invalid(`program.scans: output is one of ${[...OUTPUTS].join(', ')}`);
  const isForBills = ['syft-json', 'cyclonedx-json', 'spdx-json'].includes(output);
  if (output !== 'harbor' && isForBills !== (type === 'sbom'))
    throw invalid(`program.scans: ${output} is no output of a scan of type ${type}`);
  const args = textsOf(value['arguments'], 'program.scans: arguments');
  if (!args.some((argument) => argument.includes('{reference}')))
    throw invalid('program.scans: arguments hold {reference} where the image is named');
  const layout = value['layoutArguments'];
  return {
    type,
    output: output as ProgramOutput,
    arguments: args,
    ...(layout !== undefined && { layoutArguments: textsOf(layout, 'program.scans: layoutArguments') }),
  };
}

function loginOf(value: unknown): ProgramLogin | undefined {
  if (value === undefined) return undefined;
  if (value === 'docker-config') return { kind: 'docker-config' };
  if (!isObject(value)) throw invalid('program.login is docker-config, or a mapping of variables');
  const variable = (name: string): string | undefined => {
    const text = value[name];
    if (text === undefined) return undefined;
    if (typeof text === 'string' && VARIABLE.test(text)) return text;
    throw invalid(`program.login.${name} is the name of a variable`);
  };
  const [username, password, token, registry] = ['username', 'password', 'token', 'registry'].map(variable);
  if (username === undefined || password === undefined)
    throw invalid('program.login names variables for username and password');
  return {
    kind: 'variables',
    username,
    password,
    ...(token !== undefined && { token }),
    ...(registry !== undefined && { registry }),
  };
}

function variablesOf(value: JsonObject, field: string): Record<string, string> {
  const found = value[field] ?? {};
  if (!isObject(found)) throw invalid(`program.${field} is a mapping of variables`);
  return Object.fromEntries(
    Object.entries(found).map(([name, text]) => {
      if (!VARIABLE.test(name)) throw invalid(`program.${field} has a name that no variable can have`);
      return [name, textOf(text, `program.${field}.${name}`)];
    }),
  );
}

function codesOf(value: unknown): number[] | undefined {
  if (value === undefined) return undefined;
  const isFine =
    Array.isArray(value) &&
    value.every((code) => Number.isInteger(code) && Number(code) > 0 && Number(code) < 256);
  if (isFine) return value as number[];
  throw invalid('program.goodExitCodes is a list of numbers from 1 to 255');
}

function outputBytesOf(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= 1 && value <= MAX_OUTPUT_MIB)
    return Math.floor(value * (1 << 20));
  throw invalid(`program.maxOutputMiB is a number from 1 to ${MAX_OUTPUT_MIB}`);
}

function textsOf(value: unknown, field: string): string[] {
  if (!Array.isArray(value) || value.length > MAX_ARGUMENTS)
    throw invalid(`${field} is a list of at most ${MAX_ARGUMENTS} texts`);
  return value.map((item) => textOf(item, field));
}

/** YAML reads some texts as numbers and switches. */
function textOf(value: unknown, field: string): string {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof text === 'string' && text !== '' && text.length <= MAX_CHARS && !text.includes('\0'))
    return text;
  throw invalid(`${field} holds something that is no text`);
}

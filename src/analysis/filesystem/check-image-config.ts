import type { MisconfigurationFinding } from '../../model/finding.ts';
import type { ImageConfig } from '../../model/image.ts';
import { buildSteps, pipelinesIn, wordsOf, type BuildStep } from './build-steps.ts';
import * as checks from './image-checks.ts';
import type { ImageCheck } from './image-checks.ts';

const MAX_FINDINGS_PER_CHECK = 50;
const MAX_SHOWN_CHARS = 120;
const MAX_ENTRIES = 1_000;

const SECRET_NAME =
  /(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|SECRET_?KEY|PRIVATE_?KEY|CREDENTIALS?)(?:_[0-9]+)?$/i;
/** Names that say where a secret is, or what it looks like. */
const NO_SECRET_NAME = /(?:_FILE|_PATH|_DIR|_URL|_TTL|_LENGTH|_TYPE|_NAME)$|^GPG_KEYS?$|PUBLIC/i;
const BASE_NAME_LABEL = 'org.opencontainers.image.base.name';
const SHELLS: ReadonlySet<string> = new Set([
  'sh',
  'bash',
  'ash',
  'dash',
  'zsh',
  'ksh',
  'python',
  'python3',
  'perl',
]);

type Hit = readonly [check: ImageCheck, message: string];

export const imageCheckIds: readonly string[] = Object.values(checks).map(({ ruleId }) => ruleId);

/** What speaks against an image's configuration and, as far as its history tells, against how it was built. */
export function checkImageConfig(config: ImageConfig): MisconfigurationFinding[] {
  const steps = buildSteps(config);
  const hits: Hit[] = [
    ...checkUser(config),
    ...checkHealth(config),
    ...checkPorts(config),
    ...checkEnvironment(config),
    ...steps.flatMap(checkStep),
    ...checkBase(config),
  ];
  const counts = new Map<string, number>();
  const seen = new Set<string>();
  return hits.flatMap(([check, message]) => {
    const count = (counts.get(check.ruleId) ?? 0) + 1;
    const key = `${check.ruleId} ${message}`;
    if (count > MAX_FINDINGS_PER_CHECK || seen.has(key)) return [];
    counts.set(check.ruleId, count);
    seen.add(key);
    return [{ kind: 'misconfiguration' as const, ...check, message, subject: 'image-config' as const }];
  });
}

function checkUser({ config }: ImageConfig): Hit[] {
  const user = config['User'];
  const name = typeof user === 'string' ? user.trim() : '';
  const [own = ''] = name.split(':', 1);
  if (own !== '' && own !== 'root' && !/^0+$/.test(own)) return [];
  const said = name === '' ? 'no user is named, so it runs as root' : `it runs as ${shown(name)}`;
  return [[checks.RUNS_AS_ROOT, said]];
}

function checkHealth({ config }: ImageConfig): Hit[] {
  const health = toMap(config['Healthcheck']);
  const test = health.get('Test');
  const isSet = Array.isArray(test) && test.length > 0 && test[0] !== 'NONE';
  return isSet ? [] : [[checks.NO_HEALTHCHECK, 'no health check is set']];
}

function checkPorts({ config }: ImageConfig): Hit[] {
  const ports = [...toMap(config['ExposedPorts']).keys()].slice(0, MAX_ENTRIES);
  return ports.flatMap((text): Hit[] => {
    const port = /^([0-9]{1,5})(?:\/(?:tcp|udp|sctp))?$/.exec(text)?.[1];
    if (port === undefined || Number(port) === 0) return [];
    if (Number(port) === 22) return [[checks.SSH_EXPOSED, `port ${text} is exposed`]];
    return Number(port) < 1024 ? [[checks.PRIVILEGED_PORT, `port ${text} is exposed`]] : [];
  });
}

/** Values are never told. */
function checkEnvironment({ config }: ImageConfig): Hit[] {
  const entries: unknown = config['Env'];
  if (!Array.isArray(entries)) return [];
  return entries.slice(0, MAX_ENTRIES).flatMap((entry: unknown): Hit[] => {
    if (typeof entry !== 'string') return [];
    const equals = entry.indexOf('=');
    const name = equals < 0 ? entry : entry.slice(0, equals);
    const isSet = equals >= 0 && equals < entry.length - 1;
    if (!isSet || name.length > 200 || !SECRET_NAME.test(name) || NO_SECRET_NAME.test(name)) return [];
    return [[checks.SECRET_IN_ENVIRONMENT, `the variable ${shown(name)} has a value`]];
  });
}

function checkBase({ config }: ImageConfig): Hit[] {
  const name = toMap(config['Labels']).get(BASE_NAME_LABEL);
  if (typeof name !== 'string' || name === '' || name === 'scratch' || name.includes('@')) return [];
  const last = name.slice(name.lastIndexOf('/') + 1);
  const [, tag] = last.split(':');
  return tag === undefined || tag === 'latest'
    ? [[checks.FLOATING_BASE, `the base image is named ${shown(name)}`]]
    : [];
}

function checkStep(step: BuildStep): Hit[] {
  if (step.instruction === 'MAINTAINER')
    return [[checks.MAINTAINER, `the maintainer is ${shown(step.text)}`]];
  if (step.instruction === 'ADD') return checkAdd(step.text);
  return step.instruction === 'RUN' ? checkRun(step.text) : [];
}

function checkAdd(text: string): Hit[] {
  if (text.includes('--checksum=')) return [];
  const address = text.split(/[\s,[\]"]+/).find((word) => /^https?:\/\//i.test(word));
  return address === undefined
    ? []
    : [[checks.ADDS_REMOTE_FILE, `a file is added from ${withoutSecrets(address)}`]];
}

function checkRun(text: string): Hit[] {
  const pipelines = pipelinesIn(text).map((commands) => commands.map(wordsOf));
  return [
    ...pipelines.flatMap(checkPipe),
    ...pipelines.flat().flatMap(checkCommand),
    ...checkPackageLists(text, pipelines.flat()),
  ];
}

function checkPipe(commands: readonly (readonly string[])[]): Hit[] {
  const from = commands.findIndex((words) => words.some((word) => /^(?:.*\/)?(?:curl|wget)$/.test(word)));
  if (from < 0) return [];
  const shell = commands.slice(from + 1).find((words) => {
    const own = words.find((word) => word !== 'sudo' && word !== 'env' && !word.startsWith('-'));
    return own !== undefined && SHELLS.has(own.slice(own.lastIndexOf('/') + 1));
  });
  if (!shell) return [];
  const address = commands[from]?.find((word) => /^["']?https?:\/\//i.test(word));
  const source = address === undefined ? 'a download' : `what lies at ${withoutSecrets(address)}`;
  return [[checks.PIPES_TO_SHELL, `${source} is run by a shell`]];
}

function checkCommand(words: readonly string[]): Hit[] {
  const [command, ...rest] = words[0] === 'sudo' ? words.slice(1) : words;
  const hits: Hit[] = [];
  if (words[0] === 'sudo') hits.push([checks.USES_SUDO, `sudo runs ${shown(command ?? 'nothing')}`]);
  if (command === undefined) return hits;
  const has = (...options: string[]): boolean => rest.some((word) => options.includes(word));
  if (
    command === 'chmod' &&
    rest.some((word) => /^0?[0-7]?[0-7]{2}[2367]$|^(?:a|o|ugo|go)\+[rx]*w/.test(word))
  )
    hits.push([checks.OPENS_PERMISSIONS, `${shown(words.join(' '))}`]);
  if (isUnverified(command, has)) hits.push([checks.SKIPS_VERIFICATION, `${shown(command)} does not verify`]);
  const isInstall = (command === 'apt-get' || command === 'apt') && has('install');
  if (
    isInstall &&
    !has('--no-install-recommends') &&
    !rest.some((word) => word.includes('Install-Recommends'))
  )
    hits.push([checks.INSTALLS_RECOMMENDED, `${shown(words.join(' '))}`]);
  return hits;
}

function isUnverified(command: string, has: (...options: string[]) => boolean): boolean {
  if (command === 'curl')
    return has('-k', '--insecure', '-kL', '-Lk', '-ksSL', '-kfsSL', '-fkSL', '-sk', '-kO');
  if (command === 'wget') return has('--no-check-certificate');
  if (command === 'apt-get' || command === 'apt')
    return has('--allow-unauthenticated', '--force-yes', '--allow-insecure-repositories');
  if (command === 'apk') return has('--allow-untrusted');
  if (command === 'yum' || command === 'dnf') return has('--nogpgcheck');
  if (command === 'npm') return has('strict-ssl=false', '--strict-ssl=false');
  return (command === 'pip' || command === 'pip3') && has('--trusted-host');
}

function checkPackageLists(text: string, commands: readonly (readonly string[])[]): Hit[] {
  const update = commands.find((words) => /^apt(?:-get)?$/.test(words[0] ?? '') && words.includes('update'));
  const isCleaned = text.includes('/var/lib/apt/lists') || text.includes('dist-clean');
  return update && !isCleaned
    ? [[checks.KEEPS_PACKAGE_LISTS, 'the lists that apt-get update brings are not removed in the same step']]
    : [];
}

/** Addresses can hold passwords and tokens. */
function withoutSecrets(address: string): string {
  const bare = address.replace(/^["']/, '').replace(/[?#"'].*$/s, '');
  return shown(bare.replace(/^(https?:\/\/)[^/]*@/i, '$1'));
}

function shown(text: string): string {
  const line = text
    .split(/\s+/)
    .join(' ')
    .replaceAll(/\/\/[^/\s@]{1,200}@/g, '//');
  return JSON.stringify(line.length <= MAX_SHOWN_CHARS ? line : `${line.slice(0, MAX_SHOWN_CHARS - 1)}…`);
}

function toMap(value: unknown): ReadonlyMap<string, unknown> {
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  return new Map<string, unknown>(isMapping ? Object.entries(value) : []);
}

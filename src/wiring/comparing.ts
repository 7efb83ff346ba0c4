import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openDisposal } from '../base/disposal.ts';
import { DrydockError } from '../base/errors.ts';
import type { Signal } from '../base/signal.ts';
import { registryHosts } from '../config/registries.ts';
import type { Image } from '../model/image.ts';
import type { ScannerRegistration } from '../model/scanner-registration.ts';
import type { RegistryCredential } from '../oci/credentials/credential.ts';
import type { Location } from '../oci/locate.ts';
import { parsePlatform } from '../oci/platform.ts';
import type { ComparedSide } from '../reports/compare/compare-findings.ts';
import { findingsOfHarborReport, findingsOfReport } from '../reports/compare/compared-finding.ts';
import { readOutput } from '../scan/scanners/programs/outputs/read-output.ts';
import { KNOWN_PROGRAMS } from '../scan/scanners/programs/known-programs.ts';
import { readVersion } from '../scan/scanners/programs/program-version.ts';
import { runScan, runVersion } from '../scan/scanners/programs/run-scan.ts';
import { DEFAULT_TIMEOUTS } from '../scan/scanners/registration-draft.ts';
import { VULNERABILITY_11 } from '../scan/scanners/report-types.ts';
import { ScannerFailure, type Scanner, type ScanTask } from '../scan/scanners/scanner.ts';
import { locateFor, registriesOf } from './locate-images.ts';
import { openScanner, programPlace } from './open-scanner.ts';
import { givenCredential, openRegistryClient } from './registry-client.ts';
import type { Run } from './run.ts';
import { openScanning, type Scanning } from './scanning.ts';
import { readScannersFile } from './scanners-file.ts';
import { openTarget } from './targets.ts';
import { lazily } from './lazily.ts';
import type { FixedScanners } from '../scan/scanners/scanner-directory.ts';

/** One image, ready to be given to several scanners. */
export interface Comparing extends AsyncDisposable {
  /** Brings the advisory database where Drydock itself is asked. */
  prepare(options: Signal): Promise<void>;
  /**
   * @param name `drydock`, one of the file of scanners, or a program that needs no description
   * @throws DrydockError SCANNER_FAILED, and of every kind that scans give
   */
  findingsBy(name: string, options: Signal): Promise<ComparedSide>;
}

const OWN_NAME = 'drydock';

/** @throws DrydockError USAGE_INVALID for names that nobody has, CONFIG_INVALID */
export async function openComparing(run: Run, image: string, names: readonly string[]): Promise<Comparing> {
  const { config } = run.loaded;
  const fixed = await readScannersFile(config.scannersFile);
  const registrations = new Map(names.map((name) => [name, registrationOf(name, fixed)]));
  const disposal = openDisposal();
  const scanning = names.includes(OWN_NAME) ? disposal.use(await openScanning(run, [image])) : undefined;
  const subject = lazyValue((options) => openSubject(run, image, options));
  return {
    async prepare(options) {
      await scanning?.prepareDatabase(options);
    },
    async findingsBy(name, options) {
      const registration = registrations.get(name);
      try {
        if (!registration) return await ownSide(scanning, image, run, options);
        return await otherSide(registration, await subject(options), { run, fixed }, options);
      } catch (error) {
        throw error instanceof ScannerFailure ? explain(error) : error;
      }
    },
    [Symbol.asyncDispose]: () => disposal[Symbol.asyncDispose](),
  };
}

function registrationOf(name: string, { registrations }: FixedScanners): ScannerRegistration | undefined {
  const found = registrations.find((known) => known.name === name);
  if (found || name === OWN_NAME) return found;
  const target = KNOWN_PROGRAMS.get(name);
  if (!target) {
    const programs = [...KNOWN_PROGRAMS].flatMap(([known, { scans }]) =>
      scans.some(({ type }) => type === 'vulnerability') ? [known] : [],
    );
    const known = [...new Set([OWN_NAME, ...programs, ...registrations.map((one) => one.name)])];
    throw new DrydockError('USAGE_INVALID', `there is no scanner called ${JSON.stringify(name)}`, {
      hint: `There are: ${known.join(', ')}. Others are named by --scanners-file.`,
    });
  }
  const at = new Date(0).toISOString();
  return {
    ...{ id: name, name, description: '', priority: 0, isDisabled: false, origin: 'file', repositories: [] },
    ...{ maxInFlight: 1, timeouts: DEFAULT_TIMEOUTS, target, createdAt: at, updatedAt: at },
  };
}

async function ownSide(
  scanning: Scanning | undefined,
  image: string,
  { version }: Run,
  options: Signal,
): Promise<ComparedSide> {
  if (!scanning) throw new DrydockError('INTERNAL', 'Drydock was not opened for this');
  const report = await scanning.scan(image, options);
  const [database] = report.advisoryDbs;
  return {
    name: OWN_NAME,
    version,
    ...(database && { databaseUpdatedAt: database.builtAt }),
    findings: findingsOfReport(report),
  };
}

/** What is given to other scanners. */
interface Subject {
  readonly location: Location;
  readonly image: Image;
  readonly credential: RegistryCredential | undefined;
}

async function openSubject(run: Run, name: string, options: Signal): Promise<Subject> {
  const { config } = run.loaded;
  const location = await locateFor(config, name);
  if (location.kind !== 'registry' && location.kind !== 'layout') {
    throw new DrydockError('USAGE_INVALID', `${name} cannot be given to other scanners`, {
      hint: 'Name an image in a registry, or in an OCI layout.',
    });
  }
  const registries = await registriesOf([Promise.resolve(location)]);
  const registry = lazily(() => openRegistryClient(run, registries));
  try {
    const signal = AbortSignal.any([options.signal, AbortSignal.timeout(config.timeout * 1000)]);
    await using target = await openTarget(location, run, registry.get);
    if (target.kind !== 'image') throw new DrydockError('INTERNAL', 'an image was opened as something else');
    const platform = config.platform === undefined ? undefined : parsePlatform(config.platform);
    const image = await target.source.resolve(platform, { signal });
    return { location, image, credential: await credentialFor(location, run, { signal }) };
  } finally {
    await registry.close();
  }
}

/** The login that Drydock itself would use. */
async function credentialFor(
  location: Location,
  run: Run,
  options: Signal,
): Promise<RegistryCredential | undefined> {
  if (location.kind !== 'registry') return undefined;
  const given = givenCredential(run);
  if (given) return given;
  const { dockerConfigCredentials } = await import('./network.ts');
  const { loginFiles, path } = run.loaded.surroundings;
  const { registry, repository } = location.reference;
  const source = dockerConfigCredentials({ configFiles: loginFiles, ...(path && { path }) });
  return await source.find(registry, repository, options);
}

interface Around {
  readonly run: Run;
  readonly fixed: FixedScanners;
}

async function otherSide(
  registration: ScannerRegistration,
  subject: Subject,
  { run, fixed }: Around,
  options: Signal,
): Promise<ComparedSide> {
  if (registration.target.kind === 'program' && subject.location.kind === 'layout')
    return await layoutSide(registration, subject, run, options);
  const task = taskOf(subject, run, registration.name);
  const credential = fixed.secrets.get(registration.id);
  await using opened = await openScanner(registration, credential, { run });
  const metadata = await opened.metadata(options);
  const scanner = opened.scanner(() => Promise.resolve(metadata));
  const report = await finished(scanner, task, registration.timeouts.scanSeconds, options);
  return sideOf(registration.name, await scanner.identity(options), report);
}

async function layoutSide(
  registration: ScannerRegistration,
  { location, image }: Subject,
  run: Run,
  options: Signal,
): Promise<ComparedSide> {
  const { name, target, timeouts } = registration;
  const scan = target.kind === 'program' && target.scans.find(({ type }) => type === 'vulnerability');
  if (!scan || location.kind !== 'layout')
    throw new ScannerFailure(
      'UNSUPPORTED_ARTIFACT',
      `scanner ${name} finds no vulnerabilities in OCI layouts`,
    );
  const place = programPlace(name, run);
  const version = await runVersion({ name, target }, place, options);
  const identity = readVersion(version, name, target.vendor ?? 'unknown');
  const folder = resolve(location.path);
  const timeoutMs = timeouts.scanSeconds * 1000;
  const bytes = await runScan(
    { name, target, scan, image: { kind: 'layout', folder }, timeoutMs },
    place,
    options,
  );
  const task: ScanTask = {
    ...{ registryUrl: '', repository: name, digest: image.digest },
    ...{ mediaType: VULNERABILITY_11, parameters: {} },
  };
  const { report } = readOutput(bytes, scan.output, { task, scanner: identity, name });
  return sideOf(name, identity, report);
}

function taskOf({ location, image, credential }: Subject, { loaded }: Run, name: string): ScanTask {
  if (location.kind !== 'registry')
    throw new ScannerFailure('UNSUPPORTED_ARTIFACT', `scanner ${name} reads images from registries only`);
  const { registry, repository, tag } = location.reference;
  const isPlain = registryHosts(loaded.config).get(registry)?.plainHttp === true;
  return {
    registryUrl: `${isPlain ? 'http' : 'https'}://${registry}`,
    repository,
    digest: image.digest,
    ...(tag !== undefined && { tag }),
    ...(credential && { credential }),
    mediaType: VULNERABILITY_11,
    parameters: {},
  };
}

async function finished(
  scanner: Scanner,
  task: ScanTask,
  seconds: number,
  { signal }: Signal,
): Promise<Uint8Array> {
  const late = AbortSignal.timeout(seconds * 1000);
  const both = AbortSignal.any([signal, late]);
  try {
    const handle = await scanner.begin(task, { signal: both });
    for (;;) {
      const look = await scanner.look(handle, task, { signal: both });
      if (look.state === 'completed') return look.report;
      await wait(look.afterSeconds * 1000, undefined, { signal: both });
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!late.aborted) throw error;
    throw new ScannerFailure('SCAN_TIMEOUT', `a scanner did not finish within ${seconds} s`);
  }
}

function sideOf(
  name: string,
  { version, databaseUpdatedAt }: { readonly version: string; readonly databaseUpdatedAt?: string },
  report: Uint8Array,
): ComparedSide {
  return {
    name,
    ...(version !== 'unknown' && { version }),
    ...(databaseUpdatedAt !== undefined && { databaseUpdatedAt }),
    findings: findingsOfHarborReport(JSON.parse(Buffer.from(report).toString())),
  };
}

/** Opened by the first who asks; the same for all. */
function lazyValue<T>(open: (options: Signal) => Promise<T>): (options: Signal) => Promise<T> {
  let value: Promise<T> | undefined;
  return (options) => (value ??= open(options));
}

function explain({ code, message, cause }: ScannerFailure): DrydockError {
  if (code === 'SCAN_TIMEOUT') return new DrydockError('TIMED_OUT', message, { cause });
  if (code === 'BACKEND_UNAVAILABLE')
    return new DrydockError('SCANNER_FAILED', message, {
      cause,
      hint: 'Is the program in PATH? Others are described in the file that --scanners-file names.',
    });
  return new DrydockError('SCANNER_FAILED', message, { cause });
}

import { isRegistryHost, isRepository } from '../../../oci/reference.ts';
import { ScannerFailure } from '../scanner.ts';

/** What an image is called where a program shall read it. */
export type ProgramImage =
  | {
      readonly kind: 'registry';
      /** `host` or `host:port`. */
      readonly host: string;
      readonly repository: string;
      readonly digest: string;
    }
  | { readonly kind: 'layout'; readonly folder: string };

/** What programs call it in references. */
export const DOCKER_HUB = 'docker.io';
const HOSTS_OF_HUB: ReadonlySet<string> = new Set([DOCKER_HUB, 'index.docker.io', 'registry-1.docker.io']);
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** A registry's host as programs know it: they look for logins by it. */
export function hostForPrograms(host: string): string {
  return HOSTS_OF_HUB.has(host) ? DOCKER_HUB : host;
}

/** The name of an image in a registry, which no program can take for an option or for a path. */
export function referenceOf({
  host,
  repository,
  digest,
}: Extract<ProgramImage, { kind: 'registry' }>): string {
  if (isRegistryHost(host) && isRepository(repository) && DIGEST.test(digest))
    return `${host}/${repository}@${digest}`;
  throw new ScannerFailure('ARTIFACT_NOT_FOUND', 'the image has a name that is not given to programs');
}

/** The arguments with every name in braces replaced; a value never becomes more than one argument. */
export function fillArguments(
  template: readonly string[],
  values: Readonly<Partial<Record<'reference' | 'layout' | 'output' | 'state', string>>>,
): string[] {
  return template.map((argument) =>
    argument.replace(/\{(reference|layout|output|state)\}/g, (whole, name: keyof typeof values) => {
      const value = values[name];
      return value ?? whole;
    }),
  );
}

/** Whether the program writes its result to a file that it is told. */
export function writesFile(template: readonly string[]): boolean {
  return template.some((argument) => argument.includes('{output}'));
}

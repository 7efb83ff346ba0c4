export interface BuildKitAddress {
  /** `tcp://host:port`, `unix:///…`, `docker://`, …; left out, the engine looks for one. */
  readonly address?: string;
  /** Files. */
  readonly caCertificate?: string;
  readonly certificate?: string;
  readonly key?: string;
}

export interface CopaOutput {
  /** Of the patched image: a tag, or a whole reference. */
  readonly tag: string;
  /** Pushed by the engine; otherwise left with a local daemon, or written to the folder. */
  readonly push: boolean;
  readonly ociDirectory?: string;
  readonly loader?: 'docker' | 'podman';
}

export interface CopaCommand {
  /** `host/repository@sha256:…`: tags may move while it works. */
  readonly image: string;
  /** A file, for an image of its own; a folder of one file per platform, for an index. */
  readonly report: string;
  readonly vex: string;
  readonly output: CopaOutput;
  readonly buildKit: BuildKitAddress;
  readonly timeoutSeconds: number;
  readonly workingFolder: string;
  /** Packages that cannot be updated are left as they are. */
  readonly ignoreErrors: boolean;
}

/** @see `copa patch --help`, version 0.12 and later */
export function copaArguments(command: CopaCommand): string[] {
  const { image, report, vex, output, buildKit, timeoutSeconds, workingFolder, ignoreErrors } = command;
  const optional = (flag: string, value: string | undefined): string[] =>
    value === undefined ? [] : [flag, value];
  return [
    'patch',
    ...['--image', image],
    ...['--report', report],
    ...['--scanner', 'native'],
    ...['--tag', output.tag],
    ...['--format', 'openvex'],
    ...['--output', vex],
    ...['--timeout', `${timeoutSeconds}s`],
    ...['--working-folder', workingFolder],
    ...['--progress', 'plain'],
    ...optional('--addr', buildKit.address),
    ...optional('--cacert', buildKit.caCertificate),
    ...optional('--cert', buildKit.certificate),
    ...optional('--key', buildKit.key),
    ...(output.push ? ['--push'] : []),
    ...(output.push ? [] : optional('--oci-dir', output.ociDirectory)),
    ...(output.push || output.ociDirectory !== undefined ? [] : optional('--loader', output.loader)),
    ...(ignoreErrors ? ['--ignore-errors'] : []),
  ];
}

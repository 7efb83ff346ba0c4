import { tmpdir } from 'node:os';
import { resolve as absolute } from 'node:path';
import type { CopaOptions } from '../../patch/buildkit/copa.ts';
import { givenCredential } from '../registry-client.ts';
import type { Run } from '../run.ts';

/**
 * How copa is run, as the settings say.
 * @param registries those that it has to log in to
 */
export function copaOptions(run: Run, registries: readonly string[]): CopaOptions {
  const { config, surroundings } = run.loaded;
  const { buildkit, buildkitCa, buildkitCert, buildkitKey } = config;
  return {
    program: config.copa,
    buildKit: {
      ...(buildkit !== undefined && { address: buildkit }),
      // It wants whole paths, and runs in a folder of its own.
      ...(buildkitCa !== undefined && { caCertificate: absolute(buildkitCa) }),
      ...(buildkitCert !== undefined && { certificate: absolute(buildkitCert) }),
      ...(buildkitKey !== undefined && { key: absolute(buildkitKey) }),
    },
    timeoutSeconds: config.timeout,
    environment: surroundings.forBuilders,
    temporaryFolder: tmpdir(),
    ...loginsFor(run, registries),
  };
}

/** What was given for this run alone, in a form that docker's tools read. */
function loginsFor(run: Run, registries: readonly string[]): Pick<CopaOptions, 'logins' | 'secrets'> {
  const given = givenCredential(run);
  if (!given) return {};
  const secret = given.kind === 'basic' ? given.password.reveal() : given.token.reveal();
  const basic = given.kind === 'basic' && Buffer.from(`${given.username}:${secret}`).toString('base64');
  const login = basic === false ? { registrytoken: secret } : { auth: basic };
  return {
    logins: { auths: Object.fromEntries(registries.map((host) => [loginName(host), login])) },
    secrets: basic === false ? [secret] : [secret, basic],
  };
}

/** Docker's own registry goes by an old name there. */
function loginName(host: string): string {
  return /(?:^|\.)docker\.io$/.test(host) ? 'https://index.docker.io/v1/' : host;
}

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseCommandLine } from '../src/cli/program.ts';
import { loadConfig, type LoadedConfig } from '../src/config/load.ts';
import { parseTokenFile } from '../src/server/auth/token-file.ts';
import { tokenList } from '../src/server/auth/tokens.ts';
import { parseRedisUrl } from '../src/store/redis/redis-url.ts';
import { parseListen } from '../src/wiring/serve/listen.ts';
import { linkProblems } from './fixtures/manifest-links.ts';
import {
  deployFolder,
  manifestsOf,
  parseManifests,
  readKustomization,
  type Container,
  type Manifest,
  type PodSpec,
} from './fixtures/manifests.ts';
import { podProblems } from './fixtures/pod-security.ts';
import { reportValidator } from './fixtures/report-schemas.ts';

const root = join(deployFolder, '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const FOLDERS = ['kubernetes', 'overlays/autoscaling', 'overlays/nats'] as const;
const hasShell = spawnSync('sh', ['-c', 'head -c 1 /dev/urandom | base64']).status === 0;
const hasKubectl = spawnSync('kubectl', ['kustomize', '--help']).status === 0;
const secrets = hasShell ? makeSecrets() : { manifests: [], told: '' };

function makeSecrets(): { readonly manifests: Manifest[]; readonly told: string } {
  const { stdout, stderr } = spawnSync('sh', [join(deployFolder, 'make-secrets.sh')], { encoding: 'utf8' });
  return { manifests: parseManifests(stdout), told: stderr };
}

const podsOf = (manifests: readonly Manifest[]): { readonly name: string; readonly pod: PodSpec }[] =>
  manifests.flatMap(({ metadata, spec }) =>
    spec?.template ? [{ name: metadata.name, pod: spec.template.spec }] : [],
  );

const nameOf = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.name}`;

/** Containers that are this program. */
const ownContainers = (folder: string): { readonly container: Container; readonly pod: PodSpec }[] =>
  podsOf(manifestsOf(folder)).flatMap(({ pod }) =>
    pod.containers
      .filter(({ image }) => image.startsWith('drydock:'))
      .map((container) => ({ container, pod })),
  );

async function configOf({
  args = [],
  env = [],
}: Container): Promise<LoadedConfig & { readonly command: string }> {
  const line = parseCommandLine(args, version);
  if (line.kind !== 'run') throw new Error('no command is run');
  const variables = env
    .filter(({ name }) => name.startsWith('DRYDOCK_'))
    .map(({ name, value = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=' }) => [name, value] as const);
  const loaded = await loadConfig(line.flags, { HOME: '/nowhere', ...Object.fromEntries(variables) });
  return { ...loaded, command: line.command.path.join(' ') };
}

describe.each(FOLDERS)('deploy/%s', (folder) => {
  const manifests = manifestsOf(folder);

  test('is what Kubernetes takes', () => {
    const validate = reportValidator('kubernetes-1.37');
    const wrong = manifests.flatMap((manifest) => {
      const isValid: boolean = validate(manifest);
      return isValid ? [] : [`${nameOf(manifest)}: ${JSON.stringify(validate.errors)}`];
    });
    expect(wrong).toEqual([]);
    expect(new Set(manifests.map(nameOf)).size).toBe(manifests.length);
  });

  test('lies in one namespace, which lets in restricted pods only', () => {
    const [namespace, ...others] = manifests;
    expect(namespace?.kind).toBe('Namespace');
    expect(namespace?.metadata.labels?.['pod-security.kubernetes.io/enforce']).toBe('restricted');
    expect([...new Set(others.map(({ metadata }) => metadata.namespace))]).toEqual([
      namespace?.metadata.name,
    ]);
  });

  test('its pods satisfy the restricted standard, and more', () => {
    expect(podsOf(manifests).flatMap(({ name, pod }) => podProblems(name, pod))).toEqual([]);
  });

  test.skipIf(!hasShell)(
    `ports, selectors, Secrets and volumes agree${hasShell ? '' : ' (needs a shell)'}`,
    () => {
      expect(linkProblems(manifests, secrets.manifests)).toEqual([]);
    },
  );

  test('the arguments are settings that agree with the pod', async () => {
    const own = ownContainers(folder);
    expect(own.length).toBeGreaterThan(0);
    for (const { container, pod } of own) {
      const { config, command, warnings } = await configOf(container);
      expect(warnings).toEqual([]);
      expect(container.image).toBe(`drydock:${version}`);
      const pause = container.lifecycle?.preStop?.sleep?.seconds ?? 0;
      expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(pause + config.shutdownGrace + 5);
      expect(pod.enableServiceLinks).toBe(false);
      const mounts = container.volumeMounts?.map(({ mountPath }) => mountPath);
      expect(mounts).toContain(config.cacheDir);
      expect(parseRedisUrl(config.store).nodes).toEqual([{ host: 'drydock-redis', port: 6379 }]);
      if (command !== 'serve') continue;
      const { host, port } = parseListen(config.listen);
      expect([host, port]).toEqual(['0.0.0.0', container.ports?.[0]?.containerPort]);
      expect(mounts?.some((mount) => config.tokenFile?.startsWith(`${mount}/`))).toBe(true);
    }
  });

  test('every file belongs to it', () => {
    const files = readdirSync(join(deployFolder, folder)).filter((name) => name !== 'Kustomization');
    const { resources } = readKustomization(folder);
    expect(files).toEqual(resources.filter((name) => name.endsWith('.yaml')).sort());
  });

  test.skipIf(!hasKubectl)(`kubectl makes the same of it${hasKubectl ? '' : ' (needs kubectl)'}`, () => {
    const made = parseManifests(
      execFileSync('kubectl', ['kustomize', join(deployFolder, folder)], { encoding: 'utf8' }),
    );
    const byName = (list: readonly Manifest[]): Manifest[] =>
      [...list].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    expect(byName(made)).toEqual(byName(manifests));
  });
});

describe('kubectl create -f deploy/kubernetes', () => {
  test('finds the namespace first, and objects only', () => {
    const files = readdirSync(join(deployFolder, 'kubernetes')).filter((name) =>
      /\.(ya?ml|json)$/.test(name),
    );
    expect([...files].sort()).toEqual(readKustomization('kubernetes').resources);
    const [first = ''] = files.sort();
    expect(parse(readFileSync(join(deployFolder, 'kubernetes', first), 'utf8'))).toMatchObject({
      kind: 'Namespace',
    });
  });
});

describe('the workers do what the servers are told to leave', () => {
  test('with the same store, queue and guard', async () => {
    const [serve, worker] = await Promise.all(
      ownContainers('overlays/nats').map(({ container }) => configOf(container)),
    );
    expect([serve?.command, worker?.command]).toEqual(['serve', 'worker']);
    expect([serve?.config.concurrency, worker?.config.concurrency]).toEqual([0, 4]);
    for (const name of ['store', 'nats', 'allowPrivateNetworks', 'allowRegistry', 'scanners', 'db'] as const)
      expect(worker?.config[name]).toEqual(serve?.config[name]);
  });
});

describe.skipIf(!hasShell)(`make-secrets.sh${hasShell ? '' : ' (needs a shell)'}`, () => {
  const textOf = (name: string, key: string): string =>
    secrets.manifests.find(({ metadata }) => metadata.name === name)?.stringData?.[key] ?? '';

  test('makes Secrets that Kubernetes takes', () => {
    const isValid = reportValidator('kubernetes-1.37');
    for (const manifest of secrets.manifests)
      expect([isValid(manifest), isValid.errors]).toEqual([true, null]);
  });

  test('tells a token that opens the server to an administrator', () => {
    const token = /^token of the administrator: (\S+)\n$/.exec(secrets.told)?.[1] ?? '';
    const caller = tokenList(parseTokenFile(textOf('drydock', 'tokens'), 'tokens'))(token);
    expect([caller?.name, [...(caller?.scopes ?? [])].sort()]).toEqual(['admin', ['admin', 'read', 'scan']]);
    expect(JSON.stringify(secrets.manifests)).not.toContain(token);
  });

  test('makes a key of 32 bytes, and a password of which Redis gets the digest', () => {
    expect(Buffer.from(textOf('drydock', 'encryption-key'), 'base64')).toHaveLength(32);
    const digest = createHash('sha256').update(textOf('drydock-redis', 'password')).digest('hex');
    expect(textOf('drydock-redis', 'users.acl')).toContain(`user default on #${digest} `);
    expect(textOf('drydock-redis', 'users.acl')).not.toContain(textOf('drydock-redis', 'password'));
  });

  test('never makes the same twice', () => {
    const [a, b] = [JSON.stringify(secrets.manifests), JSON.stringify(makeSecrets().manifests)];
    expect(a).not.toBe(b);
  });
});

describe('the image', () => {
  const text = readFileSync(join(root, 'Containerfile'), 'utf8');
  const stages = text.split(/^FROM /m).slice(1);

  test('runs as the user that the pods run as, without a shell between', () => {
    const [{ pod } = { pod: undefined }] = ownContainers('kubernetes');
    const user = String(pod?.securityContext?.runAsUser);
    expect(stages.at(-1)).toMatch(new RegExp(`^USER ${user}:${user}$`, 'm'));
    expect(stages.at(-1)).toMatch(/^ENTRYPOINT \["node", "\/opt\/drydock\/dist\/main.js"\]$/m);
    expect(stages.at(-1)).toMatch(/^HEALTHCHECK NONE$/m);
  });

  test('is made of bases named without a registry, and of packages without their scripts', () => {
    for (const stage of stages) expect(stage).toMatch(/^(node:20-\S+|\S+) AS|^node:20-\S+\n/);
    expect(text).not.toMatch(/https?:\/\/registry|npmjs/);
    for (const line of text.match(/npm ci.*$/gm) ?? []) expect(line).toContain('--ignore-scripts');
  });
});

describe('what is planted is found', () => {
  const first =
    (kind: string): ((manifests: Manifest[]) => object) =>
    (manifests) =>
      manifests.find((one) => one.kind === kind)?.spec as object;
  const podOf = (manifests: Manifest[]): PodSpec =>
    manifests.find(({ kind }) => kind === 'Deployment')?.spec?.template?.spec as PodSpec;
  const faults: [string, (manifests: Manifest[]) => void][] = [
    [
      'a service whose port has another name',
      (all) => Reflect.set(first('Service')(all), 'ports', [{ port: 1, targetPort: 'no' }]),
    ],
    ['a service that selects nothing', (all) => Reflect.set(first('Service')(all), 'selector', { a: 'b' })],
    [
      'a budget for nobody',
      (all) => Reflect.set(first('PodDisruptionBudget')(all), 'selector', { matchLabels: { a: 'b' } }),
    ],
    [
      'a selector that is not its own',
      (all) => Reflect.set(first('Deployment')(all), 'selector', { matchLabels: { a: 'b' } }),
    ],
    [
      'a policy for a port that nobody has',
      (all) => Reflect.set(all.at(-1)?.spec as object, 'ingress', [{ ports: [{ port: 1 }] }]),
    ],
    ['a mount of a volume that is not there', (all) => Reflect.set(podOf(all), 'volumes', [])],
    [
      'a Secret that nobody makes',
      (all) => Reflect.set(podOf(all).volumes?.[1]?.secret as object, 'secretName', 'no'),
    ],
    [
      'a key that its Secret has not',
      (all) => Reflect.set(podOf(all).volumes?.[1]?.secret as object, 'items', [{ key: 'no', path: 'no' }]),
    ],
    ['an account that is not there', (all) => Reflect.set(podOf(all), 'serviceAccountName', 'no')],
  ];
  test.skipIf(!hasShell).each(faults)('%s', (_, plant) => {
    const manifests = structuredClone(manifestsOf('kubernetes'));
    plant(manifests);
    expect(linkProblems(manifests, secrets.manifests)).not.toEqual([]);
  });

  const loose: [string, (pod: PodSpec) => void][] = [
    ['the host network', (pod) => Reflect.set(pod, 'hostNetwork', true)],
    ['root', (pod) => Reflect.set(pod.securityContext as object, 'runAsUser', 0)],
    ['no word on root', (pod) => Reflect.deleteProperty(pod.securityContext as object, 'runAsNonRoot')],
    ['no seccomp profile', (pod) => Reflect.deleteProperty(pod.securityContext as object, 'seccompProfile')],
    [
      'more privileges',
      (pod) => Reflect.set(pod.containers[0]?.securityContext as object, 'allowPrivilegeEscalation', true),
    ],
    ['capabilities', (pod) => Reflect.set(pod.containers[0]?.securityContext as object, 'capabilities', {})],
    ['a folder of the host', (pod) => Reflect.set(pod.volumes?.[0] as object, 'hostPath', { path: '/' })],
    [
      'a root that can be written',
      (pod) => Reflect.set(pod.containers[0]?.securityContext as object, 'readOnlyRootFilesystem', false),
    ],
    ['a token for the API', (pod) => Reflect.set(pod, 'automountServiceAccountToken', true)],
    ['no bound on memory', (pod) => Reflect.set(pod.containers[0] as object, 'resources', {})],
  ];
  test.each(loose)('a pod with %s', (_, plant) => {
    const pod = structuredClone(podOf(manifestsOf('kubernetes')));
    plant(pod);
    expect(podProblems('it', pod)).not.toEqual([]);
  });
});

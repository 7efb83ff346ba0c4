import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { startCountingProxy, type CountingProxy } from '../../../test/fixtures/counting-proxy.ts';
import { hasDockerRegistry, startDockerRegistry } from '../../../test/fixtures/docker-registry.ts';
import { problem, startFakeRegistry } from '../../../test/fixtures/fake-registry.ts';
import { runs } from '../../../test/fixtures/images.ts';
import type { Descriptor } from '../../../test/fixtures/layout-writer.ts';
import { pushLayout } from '../../../test/fixtures/push-layout.ts';
import { everythingOf, errorOf } from '../../../test/fixtures/registry-client.ts';
import { gzippedTar } from '../../../test/fixtures/tar-writer.ts';
import { Secret } from '../../base/secret.ts';
import type { Digest } from '../../model/image.ts';
import { staticCredentials } from '../../oci/credentials/credentials.ts';
import type { RegistryOptions, WritableRegistry } from '../../oci/registry/registry.ts';
import { attest, attestationReferrers } from '../attest/attestations.ts';
import { openRoot } from '../image/root-of-image.ts';
import { publishToRegistry } from './to-registry.ts';
import {
  options,
  fresh,
  NOTE,
  baseLayout,
  layers,
  fromLayout,
  fromRegistry,
  patch,
  publication,
  json,
  client,
  at,
  removeFolders,
} from '../../../test/fixtures/patching.ts';

afterAll(removeFolders);

describe.skipIf(!hasDockerRegistry)('a registry (needs docker-registry)', () => {
  async function open(): Promise<{ proxy: CountingProxy; registry: WritableRegistry } & AsyncDisposable> {
    const server = await startDockerRegistry();
    const proxy = await startCountingProxy(server.host);
    const registry = client(proxy.host);
    return {
      proxy,
      registry,
      async [Symbol.asyncDispose]() {
        await registry[Symbol.asyncDispose]();
        await proxy[Symbol.asyncDispose]();
        await server[Symbol.asyncDispose]();
      },
    };
  }

  async function seeded(proxy: CountingProxy): Promise<Descriptor> {
    const { writer, root } = baseLayout();
    await pushLayout(writer.folder, root, 'v1', { origin: `http://${proxy.host}`, repository: 'team/app' });
    proxy.seen.length = 0;
    return root;
  }

  const uploaded = (proxy: CountingProxy): number =>
    proxy.seen
      .filter(({ path }) => path.includes('/blobs/'))
      .reduce((sum, { sentBytes }) => sum + sentBytes, 0);

  test('gets only what it lacks, the tag last', async () => {
    await using place = await open();
    const { proxy, registry } = place;
    const root = await seeded(proxy);
    const base = await fromRegistry(registry, at(proxy.host, 'team/app', 'v1'));
    const patched = await patch(base);
    proxy.seen.length = 0;
    const result = await publishToRegistry(
      registry,
      await publication(base, patched),
      [],
      {
        reference: at(proxy.host, 'team/app', 'v1-patched'),
        source: { reference: at(proxy.host, 'team/app', 'v1'), digest: root.digest as Digest, registry },
      },
      options,
    );
    expect(result).toMatchObject({
      blobs: { present: 2, mounted: 0, uploaded: 2 },
      reference: { digest: patched.manifest.digest, tag: 'v1-patched' },
    });
    expect(uploaded(proxy)).toBe(patched.layer.sizeBytes + patched.config.bytes.length);
    const last = proxy.seen.at(-1);
    expect([last?.method, last?.path]).toEqual(['PUT', '/v2/team/app/manifests/v1-patched']);
    const back = await fromRegistry(registry, at(proxy.host, 'team/app', 'v1-patched'));
    expect(back.image.digest).toBe(patched.manifest.digest);
    const named = json(patched.manifest.bytes).annotations?.['org.opencontainers.image.base.name'];
    expect(named).toBe(`${proxy.host}/team/app:v1`);

    proxy.seen.length = 0;
    await publishToRegistry(
      registry,
      await publication(base, await patch(base)),
      [],
      { reference: at(proxy.host, 'team/app', 'v1-patched') },
      options,
    );
    expect(uploaded(proxy)).toBe(0);
  });

  test('mounts layers from another repository of its own', async () => {
    await using place = await open();
    const { proxy, registry } = place;
    await seeded(proxy);
    const base = await fromRegistry(registry, at(proxy.host, 'team/app', 'v1'));
    const patched = await patch(base);
    const result = await publishToRegistry(
      registry,
      await publication(base, patched),
      [],
      { reference: at(proxy.host, 'fixed/app', 'v1') },
      options,
    );
    expect(result.blobs).toEqual({ present: 0, mounted: 2, uploaded: 2 });
    const mounts = proxy.seen.filter(({ path, status }) => path.includes('?mount=') && status === 201);
    expect(mounts.map(({ path }) => path.includes('from=team%2Fapp'))).toEqual([true, true]);
    expect(uploaded(proxy)).toBe(patched.layer.sizeBytes + patched.config.bytes.length);
  });

  test('gets a layout whole, large blobs in parts, though connections break half-way', async () => {
    await using place = await open();
    const { proxy, registry } = place;
    const large = randomBytes(18 << 20);
    const { writer } = baseLayout((one) =>
      one.image([...layers, gzippedTar([{ path: 'large', content: large }])]),
    );
    const base = await fromLayout(writer.folder);
    const patched = await patch(base);
    let cuts = 0;
    proxy.cut = (method, path) => {
      const isCut =
        (method === 'PATCH' && cuts < 2) || (method === 'PUT' && path.includes('/manifests/') && cuts < 3);
      if (isCut) cuts++;
      return isCut ? (method === 'PATCH' ? 5 << 20 : 10) : undefined;
    };
    const result = await publishToRegistry(
      registry,
      await publication(base, patched),
      [],
      { reference: at(proxy.host, 'big/app', 'v1') },
      options,
    );
    expect(cuts).toBe(3);
    expect(result.blobs.uploaded).toBe(5);
    const back = await fromRegistry(registry, at(proxy.host, 'big/app', 'v1'));
    const view = await openRoot(back.image, back.source, options);
    const sums = await view.digests(['large'], options);
    const { createHash } = await import('node:crypto');
    expect(sums.get('large')?.sha256).toBe(createHash('sha256').update(large).digest('hex'));
  });

  test.skipIf(!runs('skopeo'))('gives it to skopeo (needs skopeo)', async () => {
    await using place = await open();
    const { proxy, registry } = place;
    await seeded(proxy);
    const base = await fromRegistry(registry, at(proxy.host, 'team/app', 'v1'));
    const patched = await patch(base);
    await publishToRegistry(
      registry,
      await publication(base, patched),
      [],
      { reference: at(proxy.host, 'team/app', 'new') },
      options,
    );
    const { execFile } = await import('node:child_process');
    const { promisify } = await import('node:util');
    const shown = await promisify(execFile)('skopeo', [
      'inspect',
      '--tls-verify=false',
      `docker://${proxy.host}/team/app:new`,
    ]);
    expect(JSON.parse(shown.stdout)).toMatchObject({
      Digest: patched.manifest.digest,
      Layers: patched.image.layers.map(({ digest }) => digest),
    });
    const copy = fresh();
    await promisify(execFile)('skopeo', [
      'copy',
      '--src-tls-verify=false',
      `docker://${proxy.host}/team/app:new`,
      `oci:${copy}:new`,
    ]);
    expect((await fromLayout(copy, 'new')).image.digest).toBe(patched.manifest.digest);
  });

  test('is not told a tag when the source has moved', async () => {
    await using place = await open();
    const { proxy, registry } = place;
    await seeded(proxy);
    const base = await fromRegistry(registry, at(proxy.host, 'team/app', 'v1'));
    const other = `sha256:${'0'.repeat(64)}` as Digest;
    const target = {
      reference: at(proxy.host, 'team/app', 'p'),
      source: { reference: at(proxy.host, 'team/app', 'v1'), digest: other, registry },
    };
    const plan = await publication(base, await patch(base));
    await expect(publishToRegistry(registry, plan, [], target, options)).rejects.toMatchObject({
      code: 'SOURCE_MOVED',
    });
    await expect(registry.resolveDigest(at(proxy.host, 'team/app', 'p'), options)).rejects.toMatchObject({
      code: 'IMAGE_NOT_FOUND',
    });
    const same = { ...target, reference: at(proxy.host, 'team/app', 'v1') };
    await expect(publishToRegistry(registry, plan, [], same, options)).rejects.toMatchObject({
      code: 'USAGE_INVALID',
    });
  });

  test('takes a source that was named by its digest, wherever its tag leads by now', async () => {
    await using place = await open();
    const { proxy, registry } = place;
    await seeded(proxy);
    const base = await fromRegistry(registry, at(proxy.host, 'team/app', 'v1'));
    const digest = `sha256:${'0'.repeat(64)}` as Digest;
    const source = { reference: { ...at(proxy.host, 'team/app', 'v1'), digest }, digest, registry };
    const plan = await publication(base, await patch(base));
    const reference = at(proxy.host, 'team/app', 'named');
    await publishToRegistry(registry, plan, [], { reference, source }, options);
    expect(await registry.resolveDigest(reference, options)).toBe(plan.root.digest);
  });

  test('gets referrers, by an index under a tag as it keeps none itself', async () => {
    await using place = await open();
    const { proxy, registry } = place;
    await seeded(proxy);
    const base = await fromRegistry(registry, at(proxy.host, 'team/app', 'v1'));
    const patched = await patch(base);
    const subjects = [{ name: 'team/app', digest: patched.manifest.digest }];
    const predicates = ['one', 'two'].map((type) => ({ type, content: { type }, fileName: type }));
    const referrers = attestationReferrers(patched.manifest, attest(subjects, predicates), NOTE.created);
    const plan = await publication(base, patched);
    for (let again = 0; again < 2; again++) {
      await publishToRegistry(
        registry,
        plan,
        referrers,
        { reference: at(proxy.host, 'team/app', 'p') },
        options,
      );
    }
    const tag = patched.manifest.digest.replace(':', '-');
    const index = json((await registry.fetchManifest(at(proxy.host, 'team/app', tag), options)).bytes);
    expect(index.manifests.map(({ digest }) => digest)).toEqual(
      referrers.map(({ manifest }) => manifest.digest),
    );
  });

  test.skipIf(!runs('python3'))(
    'with a password is pushed to with it, and refuses others without a storm',
    async () => {
      /** `htpasswd -Bbn -C 4 bob correct-horse` */
      const htpasswd = 'bob:$2y$04$kwPbG4lHeJuEy1bExuAc.OQxw36/yfRdrrpzbgUYscJiGJ/70kCRG\n';
      await using server = await startDockerRegistry({ htpasswd });
      await using proxy = await startCountingProxy(server.host);
      const { writer } = baseLayout();
      const base = await fromLayout(writer.folder);
      const plan = await publication(base, await patch(base));
      const basic = (password: string): Partial<RegistryOptions> => ({
        credentials: staticCredentials({ kind: 'basic', username: 'bob', password: new Secret(password) }),
      });
      for (const [login, told] of [
        [{}, 'docker login'],
        [basic('not-the-password'), 'push to'],
      ] as const) {
        await using registry = client(proxy.host, login);
        proxy.seen.length = 0;
        const pushing = publishToRegistry(
          registry,
          plan,
          [],
          { reference: at(proxy.host, 'a/b', 'c') },
          options,
        );
        const error = await errorOf(pushing);
        expect(error).toMatchObject({ code: 'REGISTRY_DENIED', kind: 'denied' });
        expect(error.message).toContain(proxy.host);
        expect(error.hint).toContain(told);
        expect(everythingOf(error)).not.toContain('not-the-password');
        expect(proxy.seen.length).toBeLessThan(12);
      }
      await using registry = client(proxy.host, basic('correct-horse'));
      const result = await publishToRegistry(
        registry,
        plan,
        [],
        { reference: at(proxy.host, 'a/b', 'c') },
        options,
      );
      expect(result.blobs.uploaded).toBe(4);
    },
  );
});

describe('a registry that does as it is told', () => {
  test('is asked for tokens to push with, and to pull with where blobs are mounted from', async () => {
    await using fake = await startFakeRegistry();
    const scopes: string[][] = [];
    fake.rules.push(({ path }) => {
      if (!path.startsWith('/token')) return undefined;
      scopes.push(new URL(path, 'http://x').searchParams.getAll('scope'));
      return { body: JSON.stringify({ token: `t${scopes.length}` }) };
    });
    fake.rules.push(({ headers }) =>
      headers.authorization
        ? undefined
        : problem(401, 'UNAUTHORIZED', 'no', {
            'www-authenticate': `Bearer realm="${fake.origin}/token",service="s",scope="repository:a/b:pull"`,
          }),
    );
    fake.rules.push(({ method }) => (method === 'HEAD' ? { status: 404 } : undefined));
    fake.rules.push(({ method, path }) =>
      method === 'POST' && path.includes('mount=') ? { status: 201 } : undefined,
    );
    await using registry = client(fake.host);
    const digest = `sha256:${'1'.repeat(64)}` as Digest;
    const blob = {
      digest,
      sizeBytes: 3,
      mountFrom: 'c/d',
      open: async function* () {
        yield Buffer.from('abc');
      },
    };
    expect(await registry.push.pushBlob(at(fake.host, 'a/b'), blob, options)).toBe('mounted');
    expect(scopes).toEqual([
      ['repository:a/b:pull,push'],
      ['repository:a/b:pull,push', 'repository:c/d:pull'],
    ]);
  });

  test('does not get us to send blobs to where it must not', async () => {
    await using fake = await startFakeRegistry();
    fake.rules.push(({ method }) => (method === 'HEAD' ? { status: 404 } : undefined));
    fake.rules.push(({ method }) =>
      method === 'POST' ? { status: 202, headers: { location: 'http://169.254.169.254/latest' } } : undefined,
    );
    await using registry = client(fake.host);
    const blob = {
      digest: `sha256:${'1'.repeat(64)}` as Digest,
      sizeBytes: 1,
      open: async function* () {
        yield Buffer.from('a');
      },
    };
    const error = await errorOf(registry.push.pushBlob(at(fake.host, 'a/b'), blob, options));
    expect(error.code).toBe('REGISTRY_PROTOCOL');
  });

  test('that keeps referrers itself gets no index of them', async () => {
    await using fake = await startFakeRegistry();
    fake.rules.push(({ method }) =>
      method === 'PUT' ? { status: 201, headers: { 'oci-subject': 'yes' } } : undefined,
    );
    await using registry = client(fake.host);
    const digest = `sha256:${'2'.repeat(64)}` as Digest;
    const referrer = {
      bytes: Buffer.from('{}'),
      mediaType: 'a/b',
      digest,
      subject: digest,
      artifactType: 'x',
      annotations: {},
    };
    await registry.push.pushReferrer(at(fake.host, 'a/b'), referrer, options);
    expect(fake.asked().filter((line) => line.startsWith('PUT'))).toHaveLength(1);
  });
});

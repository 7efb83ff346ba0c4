import { generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../base/secret.ts';
import type { Digest, Image } from '../../model/image.ts';
import type { PackageUpdate, UnfixedFinding } from '../../model/patch.ts';
import { attest, writeAttestations } from './attestations.ts';
import { envelopeOf, preAuthentication, signerOf } from './envelope.ts';
import { OPENVEX, vexDocument, type VexFacts } from './openvex.ts';
import { provenance, SLSA_PROVENANCE } from './provenance.ts';
import { statementOf } from './statement.ts';

const digest = `sha256:${'a'.repeat(64)}` as Digest;
const image = {
  name: 'app',
  kind: 'image',
  reference: { registry: 'reg.example:5000', repository: 'team/app', tag: 'v1-patched' },
  digest,
  platform: { os: 'linux', architecture: 'arm64' },
} as unknown as Image;

const update = (name: string, fixes: readonly string[]): PackageUpdate => ({
  type: 'deb',
  name,
  architecture: 'arm64',
  from: '1:1.0-1',
  to: '1:1.0-2',
  source: { name, from: '1:1.0-1', to: '1:1.0-2' },
  fixes,
  archive: {
    url: `http://user:hunter22@deb.example/${name}.deb?key=hunter22`,
    sizeBytes: 1,
    sha256: 'b'.repeat(64),
  },
});

const unfixed = (id: string): UnfixedFinding =>
  ({
    finding: {
      kind: 'vulnerability',
      id,
      package: { type: 'deb', name: 'zlib', version: '1', licenses: [], paths: [] },
    },
    reason: 'unsafe-maintainer-script',
    detail: 'zlib.postinst',
  }) as unknown as UnfixedFinding;

const facts = (more: Partial<VexFacts> = {}): VexFacts => ({
  image,
  os: { family: 'debian', version: '12.5' },
  applied: [update('ssl', ['CVE-1', 'CVE-2']), update('ssl-dev', ['CVE-1'])],
  unfixed: [unfixed('CVE-3')],
  remaining: [{ id: 'CVE-2' }, { id: 'CVE-3' }],
  author: 'Drydock',
  timestamp: '2026-11-01T00:00:00Z',
  tooling: 'drydock 1',
  ...more,
});

describe('the VEX document', () => {
  test('calls fixed only what a scan no longer finds, and tells what to do of the rest', () => {
    const document = vexDocument(facts());
    expect(document?.['@context']).toBe(OPENVEX);
    expect(document?.statements.map(({ vulnerability, status }) => [vulnerability.name, status])).toEqual([
      ['CVE-1', 'fixed'],
      ['CVE-3', 'affected'],
    ]);
    const [fixed, affected] = document?.statements ?? [];
    expect(fixed).not.toHaveProperty('action_statement');
    expect(affected?.action_statement).toContain('zlib.postinst');
    const product = fixed?.products[0];
    const url = `pkg:oci/app@${digest}?arch=arm64&repository_url=reg.example:5000%2Fteam%2Fapp&tag=v1-patched`;
    expect(product?.['@id']).toBe(url);
    expect(product?.hashes).toEqual({ 'sha-256': 'a'.repeat(64) });
    expect(product?.subcomponents.map((part) => part['@id'])).toEqual([
      'pkg:deb/debian/ssl@1.0-2?arch=arm64&distro=debian-12.5&epoch=1',
      'pkg:deb/debian/ssl@1.0-1?arch=arm64&distro=debian-12.5&epoch=1',
      'pkg:deb/debian/ssl-dev@1.0-2?arch=arm64&distro=debian-12.5&epoch=1',
      'pkg:deb/debian/ssl-dev@1.0-1?arch=arm64&distro=debian-12.5&epoch=1',
    ]);
  });

  test('is the same for the same facts, in whatever order they come', () => {
    const turned = facts({
      applied: facts().applied.toReversed(),
      remaining: facts().remaining.toReversed(),
    });
    const ids = [vexDocument(facts()), vexDocument(turned)].map((one) =>
      one?.statements.map(({ vulnerability }) => vulnerability),
    );
    expect(ids[0]).toEqual(ids[1]);
    expect(vexDocument(facts())?.['@id']).not.toBe(vexDocument(facts({ version: 2 }))?.['@id']);
  });

  test('is not made where there is nothing to say', () => {
    expect(vexDocument(facts({ applied: [], unfixed: [] }))).toBeUndefined();
  });
});

describe('provenance', () => {
  test('names everything that the image was made from, without the credentials of archives', () => {
    const text = JSON.stringify(
      provenance({
        origin: { digest, name: 'reg.example/app:v1' },
        indexes: [
          {
            origin: 'Debian',
            suite: 'stable',
            codename: 'bookworm',
            date: '2026-10-31T00:00:00Z',
            sha256: 'c'.repeat(64),
            url: 'https://u:hunter22@deb.example/InRelease',
          },
        ],
        applied: [update('ssl', ['CVE-1', 'CVE-2'])],
        version: '1',
        engine: 'embedded',
        platform: 'linux/arm64',
      }),
    );
    expect(text).not.toContain('hunter22');
    for (const part of [
      `oci://reg.example/app:v1@${digest}`,
      'https://deb.example/InRelease',
      'c'.repeat(64),
      'http://deb.example/ssl.deb',
      'b'.repeat(64),
    ]) {
      expect(text).toContain(part);
    }
  });
});

describe('an envelope', () => {
  const statement = statementOf([{ name: 'app', digest }], SLSA_PROVENANCE, { a: 1 });

  test('is unsigned without a key, and says so', () => {
    expect(envelopeOf(statement).signatures).toEqual([]);
    expect(attest([{ name: 'app', digest }], [{ type: 'x', content: {}, fileName: 'x' }])[0]?.isSigned).toBe(
      false,
    );
  });

  test.each(['ec', 'ed25519'] as const)('is signed with a key of %s, as others can check', (kind) => {
    const pair =
      kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
    const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const { payload, payloadType, signatures } = envelopeOf(statement, signerOf(new Secret(pem)));
    const signed = preAuthentication(payloadType, Buffer.from(payload, 'base64'));
    const signature = Buffer.from(signatures[0]?.sig ?? '', 'base64');
    expect(verify(kind === 'ec' ? 'sha256' : null, signed, pair.publicKey, signature)).toBe(true);
    expect(JSON.parse(Buffer.from(payload, 'base64').toString())).toEqual(statement);
  });

  test('is prepared for signing as the protocol says', () => {
    const bytes = preAuthentication('http://example.com/HelloWorld', Buffer.from('hello world'));
    expect(Buffer.from(bytes).toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
  });

  test('is not signed with what is no fitting key, and nothing of it is told', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    });
    for (const pem of [
      rsa.toString(),
      '-----BEGIN PRIVATE KEY-----\nsecretsecret\n-----END PRIVATE KEY-----',
    ]) {
      expect(() => signerOf(new Secret(pem))).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
      expect(() => signerOf(new Secret(pem))).not.toThrow(/secretsecret/);
    }
  });
});

test('attestations are written as files', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drydock-attest-'));
  try {
    const made = attest(
      [{ name: 'app', digest }],
      [{ type: OPENVEX, content: { a: 1 }, fileName: 'vex.json' }],
    );
    const [path = ''] = await writeAttestations(join(folder, 'new'), made);
    const { payload } = JSON.parse(readFileSync(path).toString()) as { payload: string };
    expect(JSON.parse(Buffer.from(payload, 'base64').toString())).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'app', digest: { sha256: 'a'.repeat(64) } }],
      predicateType: OPENVEX,
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

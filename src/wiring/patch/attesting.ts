import { readFile } from 'node:fs/promises';
import { DrydockError } from '../../base/errors.ts';
import { Secret } from '../../base/secret.ts';
import { systemReason } from '../../config/system-reason.ts';
import type { Image } from '../../model/image.ts';
import type { UnfixedFinding } from '../../model/patch.ts';
import {
  attest,
  attestationReferrers,
  writeAttestations,
  type Attestation,
} from '../../patch/attest/attestations.ts';
import { signerOf, type Signer } from '../../patch/attest/envelope.ts';
import { OPENVEX, vexDocument } from '../../patch/attest/openvex.ts';
import { provenance, SLSA_PROVENANCE } from '../../patch/attest/provenance.ts';
import type { StoredDocument } from '../../patch/image/documents.ts';
import type { Referrer } from '../../patch/publish/referrer.ts';
import type { Run } from '../run.ts';
import type { PlatformPatch } from './platform-patch.ts';

export interface PatchFacts {
  readonly patch: PlatformPatch;
  /** The patched image. */
  readonly image: Image;
  readonly manifest: StoredDocument;
  /** RFC 3339. */
  readonly created: string;
  /** Of what was patched. */
  readonly name: string;
}

export interface Attested {
  readonly files: readonly string[];
  readonly referrers: readonly Referrer[];
}

/** What is said of patched images, as files and as what is published beside them, as the settings say. */
export async function attestPatches(all: readonly PatchFacts[], run: Run): Promise<Attested> {
  const { config } = run.loaded;
  const signer =
    config.signingKey === undefined ? undefined : signerOf(new Secret(await readKey(config.signingKey)));
  const made = all.map((facts) => ({ facts, attestations: attestationsOf(facts, run, signer) }));
  const files =
    config.attestations === undefined
      ? []
      : await writeAttestations(
          config.attestations,
          made.flatMap(({ attestations }) => attestations),
        );
  const referrers = made.flatMap(({ facts: { manifest, created }, attestations }) =>
    attestationReferrers(manifest, attestations, created),
  );
  return { files, referrers: config.referrers ? referrers : [] };
}

function attestationsOf(
  { patch, image, manifest, created, name }: PatchFacts,
  run: Run,
  signer: Signer | undefined,
): Attestation[] {
  const version = `drydock/${run.version}`;
  const { platform, proof, applied, unfixed, base, indexes, engine } = patch;
  const vex =
    proof &&
    vexDocument({
      image,
      os: undefined,
      applied,
      unfixed: [...unfixed, ...refusedFindings(patch)],
      remaining: proof.remaining,
      author: 'Drydock',
      timestamp: created,
      tooling: version,
    });
  const statement = provenance({
    origin: base,
    indexes,
    applied: applied.flatMap(({ archive, ...update }) => (archive ? [{ ...update, archive }] : [])),
    version,
    engine,
    platform: [platform.os, platform.architecture, platform.variant].filter(Boolean).join('/'),
  });
  const stem = fileStem(patch);
  const predicates = [
    ...(vex ? [{ type: OPENVEX, content: vex, fileName: `${stem}.openvex.json` }] : []),
    { type: SLSA_PROVENANCE, content: statement, fileName: `${stem}.provenance.json` },
  ];
  return attest([{ name, digest: manifest.digest }], predicates, signer);
}

/** What is still found because the engine would not replace its package. */
function refusedFindings({ updates, refused, proof }: PlatformPatch): UnfixedFinding[] {
  const sources = new Map(refused.map((each) => [each.source, each]));
  return (proof?.remaining ?? []).flatMap((finding) => {
    const update = updates.find(
      ({ name, fixes }) => name === finding.package.name && fixes.includes(finding.id),
    );
    const refusal = update && (sources.get(update.source?.name ?? '') ?? sources.get(update.name));
    return refusal ? [{ finding, reason: refusal.reason, detail: refusal.detail }] : [];
  });
}

function fileStem({ platform: { os, architecture, variant } }: PlatformPatch): string {
  return [os, architecture, variant]
    .filter((word) => word !== undefined)
    .join('-')
    .replace(/[^\w.-]/g, '_');
}

async function readKey(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DrydockError('CONFIG_INVALID', `cannot read ${path}: ${systemReason(cause)}`, { cause });
  });
}

import { applyLayers } from '../../analysis/apply-layers.ts';
import type { AppliedLayer } from '../../analysis/merge-tree.ts';
import { sha256Of } from '../../base/digest.ts';
import { DrydockError } from '../../base/errors.ts';
import { limitTo } from '../../base/limit.ts';
import type { Secret } from '../../base/secret.ts';
import type { Signal } from '../../base/signal.ts';
import { isEndOfLife } from '../../ecosystems/end-of-life.ts';
import type { AdvisoryDbVersion } from '../../model/advisory.ts';
import type { Inventory } from '../../model/analysis.ts';
import type { VulnerabilityFinding } from '../../model/finding.ts';
import type { Image } from '../../model/image.ts';
import type { Package } from '../../model/package.ts';
import type { Report } from '../../model/report.ts';
import { analysisToBlob } from '../../trivy/analysis-to-blob.ts';
import type { BlobInfo } from '../../trivy/messages/cache.ts';
import type { ScanResponse } from '../../trivy/messages/scanner.ts';
import { resultsToFindings } from '../../trivy/results-to-findings.ts';
import { skippedLayers } from '../analyze-layers.ts';
import { inventoryAsLayer, packageKey } from './inventory-layer.ts';
import { unjudgedReport, type OwnParts } from './own-findings.ts';
import type { RemoteScanner, Wanted } from './remote-scanner.ts';
import type { ServerConnection } from './server-connection.ts';
import { openTrivyRpc, type TrivyRpc } from './trivy-rpc.ts';

export interface TrivyServerParts extends OwnParts {
  readonly connection: ServerConnection;
  readonly base: URL;
  /** Before the names of services. */
  readonly pathPrefix: string;
  readonly token: Secret | undefined;
  readonly tokenHeader: string;
  /** The database that the server judges by, as far as it says. */
  readonly database: AdvisoryDbVersion | undefined;
}

/** A blob and the key that it is put under. */
interface KeyedBlob {
  readonly key: string;
  readonly blob: () => BlobInfo;
}

interface Question {
  readonly name: string;
  readonly artifact: { readonly key: string; readonly image: Image };
  readonly blobs: readonly KeyedBlob[];
  readonly severitySources: readonly string[];
}

const UPLOADS = 5;

/**
 * A server of Trivy. It is asked for vulnerabilities alone; all else is known on this side, which is why every layer is
 * read here even where the server has it: its answers do not tell what a report needs.
 */
export function openTrivyServer(parts: TrivyServerParts): RemoteScanner {
  const rpc = openTrivyRpc(parts);

  async function judge(
    own: Report,
    image: Image,
    blobs: readonly KeyedBlob[],
    wanted: Wanted,
    options: Signal,
  ): Promise<Report> {
    const artifact = { key: keyOf('artifact', image.configDigest, wanted.analyzers.fingerprint), image };
    const { severitySources } = wanted;
    const response = await putAndScan(rpc, { name: image.name, artifact, blobs, severitySources }, options);
    return judged(own, response, parts);
  }

  return {
    async judgeImage({ image, read }, wanted, options) {
      const layers = await read(
        image.layers.filter(({ skipped }) => skipped === undefined),
        options,
      );
      const applied = applyLayers(layers, wanted.analyzers.list);
      const inventory = { ...applied, diagnostics: [...skippedLayers(image), ...applied.diagnostics] };
      const own = await unjudgedReport(image, inventory, wanted, parts);
      if (!wanted.vulnerabilities) return own;
      return judge(own, image, blobsOf(image, layers, own.packages), wanted, options);
    },

    async judgeInventory(image, inventory, wanted, options) {
      const own = await unjudgedReport(image, inventory, wanted, parts);
      if (!wanted.vulnerabilities) return own;
      return judge(own, image, [wholeBlob({ ...inventory, packages: own.packages })], wanted, options);
    },

    pull: () =>
      Promise.reject(
        new DrydockError('USAGE_INVALID', "a server of Trivy's pulls no images", {
          hint: 'Leave --remote-pull out: the image is read here and judged there.',
        }),
      ),
  };
}

/** Our own keys: the server keeps to whatever its clients call things. */
function keyOf(...parts: readonly string[]): string {
  return sha256Of(JSON.stringify(['drydock', 1, ...parts]));
}

function blobsOf(image: Image, layers: readonly AppliedLayer[], packages: readonly Package[]): KeyedBlob[] {
  const createdBy = new Map(image.layers.map((layer) => [layer.diffId, layer.createdBy]));
  const blobs = layers.map(({ digest, analysis }): KeyedBlob => {
    const step = createdBy.get(analysis.diffId);
    return {
      key: keyOf('layer', analysis.diffId, analysis.analyzers),
      blob: () => analysisToBlob(analysis, { digest, ...(step !== undefined && { createdBy: step }) }),
    };
  });
  const rest = unsaid(layers, packages);
  return rest.length === 0 ? blobs : [...blobs, wholeBlob({ packages: rest })];
}

/** Packages of databases that only a link leads to: that protocol has no word for links. */
function unsaid(layers: readonly AppliedLayer[], packages: readonly Package[]): Package[] {
  const said = new Set<string>();
  for (const { analysis } of layers)
    for (const file of analysis.files)
      if (!file.linkTarget && !file.ownedByOs)
        for (const pkg of file.packages ?? []) said.add(packageKey(pkg));
  return packages.filter((pkg) => !said.has(packageKey(pkg)));
}

function wholeBlob(inventory: Pick<Inventory, 'os' | 'packages'>): KeyedBlob {
  const { digest, analysis } = inventoryAsLayer(inventory);
  return { key: keyOf('inventory', digest), blob: () => analysisToBlob(analysis, { digest }) };
}

/** A server may forget between two requests; what it misses then is put once more. */
async function putAndScan(rpc: TrivyRpc, question: Question, options: Signal): Promise<ScanResponse> {
  await putMissing(rpc, question, options);
  try {
    return await rpc.scan(requestOf(question), options);
  } catch (error) {
    options.signal.throwIfAborted();
    const isForgotten =
      error instanceof DrydockError &&
      error.code === 'SERVER_FAILED' &&
      (await putMissing(rpc, question, options));
    if (!isForgotten) throw error;
    return rpc.scan(requestOf(question), options);
  }
}

function requestOf({ name, artifact, blobs, severitySources }: Question) {
  return {
    target: name,
    artifactId: artifact.key,
    blobIds: blobs.map(({ key }) => key),
    severitySources,
  };
}

/** True when something was missing. */
async function putMissing(rpc: TrivyRpc, { artifact, blobs }: Question, options: Signal): Promise<boolean> {
  const byKey = new Map(blobs.map((blob) => [blob.key, blob]));
  const { isArtifactMissing, blobIds } = await rpc.missing(artifact.key, [...byKey.keys()], options);
  const missing = [...byKey.values()].filter(({ key }) => blobIds.has(key));
  const places = limitTo(UPLOADS);
  await Promise.all(
    missing.map(({ key, blob }) => places.run(() => rpc.putBlob(key, blob(), options), options)),
  );
  if (isArtifactMissing) await rpc.putArtifact(artifact.key, artifact.image, options);
  return missing.length > 0;
}

function judged(own: Report, { os, results }: ScanResponse, { database, now }: TrivyServerParts): Report {
  const endOfLife = (os?.eosl ?? false) || (own.os !== undefined && isEndOfLife(own.os, now()));
  return {
    ...own,
    advisoryDbs: database ? [database] : [],
    endOfLife,
    findings: [...onceEach(resultsToFindings(results, own.packages)), ...own.findings],
  };
}

/** Each vulnerability of a package once. */
function onceEach(findings: ReturnType<typeof resultsToFindings>): VulnerabilityFinding[] {
  const seen = new Map<Package, Set<string>>();
  return findings.filter((finding): finding is VulnerabilityFinding => {
    // Older servers do not know that a distribution's advisories do not speak of packages that others made.
    if (finding.kind !== 'vulnerability' || finding.package.thirdParty) return false;
    const ids = seen.get(finding.package) ?? new Set();
    seen.set(finding.package, ids);
    return !ids.has(finding.id) && Boolean(ids.add(finding.id));
  });
}

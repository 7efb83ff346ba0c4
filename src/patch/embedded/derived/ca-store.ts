import { X509Certificate, createHash } from 'node:crypto';
import type { Signal } from '../../../base/signal.ts';
import type { RootView } from '../../root/root-view.ts';
import { writeBytes } from '../database/write-database.ts';
import { textOf } from '../database/installed.ts';
import type { MergedTree } from '../unpack/merged-tree.ts';
import type { Upgrade } from '../unpack/unpacking.ts';
import { parseSelection, updateSelection, type CaSelection } from './ca-selection.ts';
import { subjectHash } from './subject-hash.ts';

const CONF = 'etc/ca-certificates.conf';
const SHIPPED = 'usr/share/ca-certificates';
const LOCAL = 'usr/local/share/ca-certificates';
const STORE = 'etc/ssl/certs';
const BUNDLE = `${STORE}/ca-certificates.crt`;
const HOOKS = 'etc/ca-certificates/update.d';
const ANSWERS = 'var/cache/debconf/config.dat';
const MAX_BYTES = 16 << 20;
const MAX_CERTIFICATES = 10_000;
const HASH_LINK = /^([0-9a-f]{8})\.(\d{1,3})$/;

export interface CaWriting extends Signal {
  readonly root: RootView;
  readonly tree: MergedTree;
  readonly sourceDateEpoch: number;
}

/** Why the store of trusted authorities cannot be made anew; undefined where it can. */
export async function judgeCaStore(
  upgrades: readonly Upgrade[],
  { root, signal }: Signal & { readonly root: RootView },
): Promise<string | undefined> {
  if (!upgrades.some(({ installed }) => installed.name === 'ca-certificates')) return undefined;
  const hook = root.list(HOOKS)[0];
  if (hook !== undefined) return `/${HOOKS}/${hook} would have to run`;
  if (!root.resolve(CONF)) return root.resolve(BUNDLE) ? `/${CONF} is missing` : undefined;
  const answers = textOf(
    (await root.read(present(root, [ANSWERS]), { maxBytes: MAX_BYTES, signal })).get(ANSWERS),
  );
  const answer = /^Name: ca-certificates\/trust_new_crts\n(?:(?!\n\n)[^])*?^Value: (\w+)/m.exec(answers)?.[1];
  if (answer !== undefined && answer !== 'yes') return 'new authorities are not to be trusted unasked';
  const bundle = await bundleOf(root, signal);
  const current = (await root.digests(present(root, [BUNDLE]), { signal })).get(BUNDLE)?.sha256;
  const isOwn = current === createHash('sha256').update(bundle).digest('hex');
  return isOwn ? undefined : `/${BUNDLE} holds something else than the image's own authorities`;
}

function present(root: Pick<RootView, 'resolve'>, paths: readonly string[]): string[] {
  return paths.filter((path) => root.resolve(path)?.type === 'file');
}

/** The bundle as the image's own selection gives it. */
async function bundleOf(root: RootView, signal: AbortSignal): Promise<Buffer> {
  const conf = await root.read(present(root, [CONF]), { maxBytes: MAX_BYTES, signal });
  const { enabled } = parseSelection(textOf(conf.get(CONF)));
  const paths = [...enabled.map((name) => `${SHIPPED}/${name}`), ...certificatesBelow(root, LOCAL)];
  const contents = await root.read(present(root, paths), { maxBytes: MAX_BYTES, signal });
  return Buffer.concat(paths.flatMap((path) => withNewline(contents.get(path))));
}

function withNewline(content: Uint8Array | undefined): Uint8Array[] {
  if (!content) return [];
  return content.at(-1) === 0x0a || content.length === 0 ? [content] : [content, Buffer.from('\n')];
}

/** Paths of files that end in `.crt`, in byte order; links to folders are followed to a small depth. */
function certificatesBelow(view: Pick<RootView, 'resolve' | 'list'>, folder: string, depth = 0): string[] {
  if (depth > 8 || view.resolve(folder)?.type !== 'directory') return [];
  const found = view.list(view.resolve(folder)?.path ?? folder).flatMap((name) => {
    const path = `${folder}/${name}`;
    const type = view.resolve(path)?.type;
    if (type === 'directory') return certificatesBelow(view, path, depth + 1);
    return type === 'file' && name.endsWith('.crt') ? [path] : [];
  });
  return found.sort(byBytes).slice(0, MAX_CERTIFICATES);
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Does what `update-ca-certificates` does after authorities came and went: selection, links, hash links, bundle. */
export async function writeCaStore(writing: CaWriting): Promise<void> {
  const { root, tree, sourceDateEpoch, signal } = writing;
  if (!root.resolve(CONF)) return;
  const available = certificatesBelow(tree, SHIPPED).map((path) => path.slice(SHIPPED.length + 1));
  const before = parseSelection(textOf((await root.read([CONF], { maxBytes: MAX_BYTES, signal })).get(CONF)));
  const selection = updateSelection(before, available);
  if (selection.text !== before.text) writeBytes(tree, CONF, Buffer.from(selection.text), sourceDateEpoch);
  const paths = [...selection.enabled.map((name) => `${SHIPPED}/${name}`), ...certificatesBelow(tree, LOCAL)];
  const contents = await contentsOf(paths, writing);
  writeLinks(selection, paths, writing);
  await writeHashLinks(writing);
  const bundle = Buffer.concat(paths.flatMap((path) => withNewline(contents.get(path))));
  const known = (await root.digests(present(root, [BUNDLE]), { signal })).get(BUNDLE)?.sha256;
  if (known !== createHash('sha256').update(bundle).digest('hex'))
    writeBytes(tree, BUNDLE, bundle, sourceDateEpoch);
}

/** Of files as they are now: written in this run, or still the image's. */
async function contentsOf(
  paths: readonly string[],
  { root, tree, signal }: CaWriting,
): Promise<Map<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>();
  const old = new Map<string, string>();
  for (const path of paths) {
    const place = tree.resolve(path);
    const written = place && tree.written(place.path);
    const content =
      written?.type === 'hardlink' ? tree.written(written.target ?? '')?.content : written?.content;
    if (content) contents.set(path, content);
    else if (place?.type === 'file' || place?.type === 'hardlink') old.set(path, place.path);
  }
  const read = await root.read(new Set(old.values()), { maxBytes: MAX_BYTES, signal });
  for (const [path, place] of old) {
    const content = read.get(place);
    if (content) contents.set(path, content);
  }
  return contents;
}

function linkName(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.crt$/, '');
  return `${name.replace(/ /g, '_').replace(/[()]/g, '=').replace(/,/g, '_')}.pem`;
}

function writeLinks(
  { disabled }: CaSelection,
  paths: readonly string[],
  { tree, sourceDateEpoch }: CaWriting,
): void {
  for (const name of disabled) {
    const path = `${STORE}/${name.slice(name.lastIndexOf('/') + 1).replace(/\.crt$/, '')}.pem`;
    if (tree.entry(path)?.type === 'symlink') tree.remove(path);
  }
  for (const path of paths) {
    const link = `${STORE}/${linkName(path)}`;
    const existing = tree.entry(link);
    if (tree.resolve(path) && !(existing?.type === 'symlink' && existing.target === `/${path}`))
      writeLink(tree, link, `/${path}`, sourceDateEpoch);
  }
}

function writeLink(tree: MergedTree, path: string, target: string, mtime: number): void {
  tree.write({ kind: 'write', path, type: 'symlink', mode: 0o777, uid: 0, gid: 0, mtime, target });
}

interface Named {
  readonly file: string;
  readonly fingerprint: string;
}

/** As `openssl rehash` numbers them: links that are right stay, the others get the first free number. */
async function writeHashLinks(writing: CaWriting): Promise<void> {
  const { tree, sourceDateEpoch } = writing;
  for (const name of tree.list(STORE)) {
    const path = `${STORE}/${name}`;
    if (tree.entry(path)?.type === 'symlink' && !tree.resolve(path)) tree.remove(path);
  }
  const buckets = await bucketsIn(writing);
  for (const name of tree.list(STORE)) {
    const [, hash = '', id = ''] = HASH_LINK.exec(name) ?? [];
    if (hash === '' || tree.entry(`${STORE}/${name}`)?.type !== 'symlink') continue;
    const bucket = buckets.get(hash) ?? [];
    const target = tree.entry(`${STORE}/${name}`)?.target;
    if (Number(id) >= bucket.length || !bucket.some(({ file }) => file === target))
      tree.remove(`${STORE}/${name}`);
  }
  for (const [hash, bucket] of buckets) {
    const linked = new Set(bucket.map((_, id) => tree.entry(`${STORE}/${hash}.${id}`)?.target));
    let id = 0;
    for (const { file } of bucket) {
      if (linked.has(file)) continue;
      while (tree.entry(`${STORE}/${hash}.${id}`)) id++;
      writeLink(tree, `${STORE}/${hash}.${id}`, file, sourceDateEpoch);
    }
  }
}

/** Files with one certificate, by hash; of equal certificates only the first. */
async function bucketsIn(writing: CaWriting): Promise<Map<string, Named[]>> {
  const names = writing.tree
    .list(STORE)
    .filter((name) => /\.(?:pem|crt|cer|crl)$/.test(name))
    .sort(byBytes);
  const contents = await contentsOf(
    names.slice(0, MAX_CERTIFICATES).map((name) => `${STORE}/${name}`),
    writing,
  );
  const buckets = new Map<string, Named[]>();
  for (const file of names) {
    const certificate = onlyCertificate(contents.get(`${STORE}/${file}`));
    if (!certificate) continue;
    const bucket = buckets.get(certificate.hash) ?? [];
    if (bucket.some(({ fingerprint }) => fingerprint === certificate.fingerprint)) continue;
    buckets.set(certificate.hash, [...bucket, { file, fingerprint: certificate.fingerprint }]);
  }
  return buckets;
}

function onlyCertificate(content: Uint8Array | undefined): { hash: string; fingerprint: string } | undefined {
  const text = textOf(content);
  const start = text.indexOf('-----BEGIN');
  if (start < 0 || text.indexOf('-----BEGIN', start + 1) >= 0) return undefined;
  try {
    const { raw, fingerprint256 } = new X509Certificate(text);
    return { hash: subjectHash(raw), fingerprint: fingerprint256 };
  } catch {
    return undefined; // no certificate: rehash passes over it with a warning
  }
}

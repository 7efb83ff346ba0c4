import { parsePackageUrl, type PackageUrl } from '../../codec/purl.ts';
import { membersOf, type Members } from '../json/members.ts';
import { timeOf, vexError, type VexProduct, type VexStatement, type VexStatus } from './statement.ts';

/**
 * Groups of products in CSAF, and what they mean. Of those that speak of one package, as a package of several releases
 * of a distribution, the last counts: what is affected anywhere is not settled.
 */
const GROUPS: readonly (readonly [name: string, status: VexStatus])[] = [
  ['known_not_affected', 'not_affected'],
  ['fixed', 'fixed'],
  ['first_fixed', 'fixed'],
  ['under_investigation', 'under_investigation'],
  ['known_affected', 'affected'],
];
const MAX_BRANCH_DEPTH = 64;

/**
 * Statements of a CSAF 2.0 document with products that package URLs name; others cannot be told apart.
 *
 * @throws DrydockError VEX_INVALID
 * @see https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html, sections 3.2.2 and 3.2.3
 */
export function readCsaf(root: Members, source: string): VexStatement[] {
  const products = readProducts(root.object('product_tree'), source);
  const tracking = root.object('document').object('tracking');
  const at = timeOf(tracking.text('current_release_date'), tracking.text('initial_release_date'));
  return root.objects('vulnerabilities').flatMap((told) => {
    const ids = [told.text('cve'), ...told.objects('ids').map((id) => id.text('text'))].filter(
      (id) => id !== undefined,
    );
    const groups = told.object('product_status');
    return GROUPS.flatMap(([group, status]): VexStatement[] => {
      const names = groups.texts(group);
      const meant = names.flatMap((name) => products.get(name) ?? []);
      if (meant.length === 0 || ids.length === 0) return [];
      return [{ ids, products: meant, status, at, ...reasonFor(told, names), source }];
    });
  });
}

function reasonFor(
  told: Members,
  names: readonly string[],
): Pick<VexStatement, 'justification' | 'statement'> {
  const wanted = new Set(names);
  const speaksOf = (entry: Members): boolean => entry.texts('product_ids').some((id) => wanted.has(id));
  const justification = told.objects('flags').find(speaksOf)?.text('label');
  const statement = told.objects('threats').find(speaksOf)?.text('details');
  return {
    ...(justification !== undefined && { justification }),
    ...(statement !== undefined && { statement }),
  };
}

function readProducts(tree: Members, source: string): Map<string, readonly VexProduct[]> {
  const purls = new Map<string, PackageUrl[]>();
  const note = (product: Members): void => {
    const id = product.text('product_id');
    const helper = product.object('product_identification_helper');
    const found = [helper.text('purl'), ...helper.texts('purls')].flatMap(
      (text) => parsePackageUrl(text ?? '') ?? [],
    );
    if (id !== undefined && found.length > 0) purls.set(id, found);
  };
  tree.objects('full_product_names').forEach(note);
  const open = tree.objects('branches').map((branch) => ({ branch, depth: 1 }));
  for (let next = open.pop(); next; next = open.pop()) {
    const { branch, depth } = next;
    if (depth > MAX_BRANCH_DEPTH) throw vexError(source, 'has branches within branches without an end');
    note(branch.object('product'));
    for (const child of branch.objects('branches')) open.push({ branch: child, depth: depth + 1 });
  }
  const products = new Map<string, readonly VexProduct[]>();
  for (const [id, list] of purls)
    products.set(
      id,
      list.map((purl) => ({ purl, parts: [] })),
    );
  // "This package as a part of that product".
  for (const relation of tree.objects('relationships')) {
    const id = relation.object('full_product_name').text('product_id');
    const parts = purls.get(relation.text('product_reference') ?? '') ?? [];
    const wholes = purls.get(relation.text('relates_to_product_reference') ?? '');
    // A whole that no package URL names (a distribution's release) says nothing of the image.
    const meant = wholes?.map((purl) => ({ purl, parts })) ?? parts.map((purl) => ({ purl, parts: [] }));
    // A part that no package URL names is not the product as a whole.
    if (id !== undefined && parts.length > 0) products.set(id, meant);
  }
  return products;
}

export function isCsaf(value: unknown): boolean {
  return membersOf(value).object('document').text('csaf_version') !== undefined;
}

import { parsePackageUrl, type PackageUrl } from '../../codec/purl.ts';
import { membersOf, type Members } from '../json/members.ts';
import { timeOf, type VexProduct, type VexStatement, type VexStatus } from './statement.ts';

const STATUSES: readonly VexStatus[] = ['not_affected', 'affected', 'fixed', 'under_investigation'];

/**
 * Statements of an OpenVEX document.
 *
 * @see https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md
 */
export function readOpenVex(root: Members, source: string): VexStatement[] {
  const written = root.text('timestamp');
  return root.objects('statements').flatMap((told) => toStatement(told, written, source));
}

function toStatement(told: Members, written: string | undefined, source: string): VexStatement[] {
  const status = STATUSES.find((known) => known === told.text('status'));
  const ids = idsOf(told);
  if (!status || ids.length === 0) return [];
  const justification = told.text('justification');
  const statement =
    told.text('impact_statement') ?? told.text('action_statement') ?? told.text('status_notes');
  return [
    {
      ids,
      products: productsOf(told),
      status,
      at: timeOf(told.text('timestamp'), written),
      ...(justification !== undefined && { justification }),
      ...(statement !== undefined && { statement }),
      source,
    },
  ];
}

/** Before version 0.2 a vulnerability was a mere text. */
function idsOf(told: Members): string[] {
  const vulnerability = told.object('vulnerability');
  const names = [
    told.text('vulnerability'),
    vulnerability.text('name'),
    vulnerability.text('@id')?.split('/').at(-1),
    ...vulnerability.texts('aliases'),
  ];
  return names.filter((name) => name !== undefined);
}

function productsOf(told: Members): VexProduct[] {
  const ofOld = told
    .texts('products')
    .map((id) => ({ ids: [id], parts: told.texts('subcomponents').map((part) => [part]) }));
  const products = told.objects('products').map((product) => ({
    ids: namesOf(product),
    parts: product.objects('subcomponents').map(namesOf),
  }));
  return [...ofOld, ...products].flatMap(({ ids, parts }) => {
    const known = parts.flatMap(purlsOf);
    // Parts that no package URL names are not the product as a whole.
    if (parts.length > 0 && known.length === 0) return [];
    return purlsOf(ids).map((purl) => ({ purl, parts: known }));
  });
}

function namesOf(product: Members): string[] {
  return [product.text('@id'), product.object('identifiers').text('purl')].filter(
    (name) => name !== undefined,
  );
}

function purlsOf(names: readonly string[]): PackageUrl[] {
  return [...new Set(names)].flatMap((name) => parsePackageUrl(name) ?? []);
}

/** Whether the document says that it is one. */
export function isOpenVex(value: unknown): boolean {
  return membersOf(value).text('@context')?.startsWith('https://openvex.dev/ns') ?? false;
}

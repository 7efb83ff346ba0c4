const MAX_LINKS = 20;
const LINK = /<([^<>]*)>([^<]*)/g;

/**
 * The target of the `Link` header with relation `next`.
 * @see RFC 8288
 */
export function nextLink(headers: readonly string[]): string | undefined {
  for (const header of headers) {
    let links = 0;
    for (const [, target, parameters = ''] of header.matchAll(LINK)) {
      if (++links > MAX_LINKS) break;
      if (isNext(parameters)) return target;
    }
  }
  return undefined;
}

function isNext(parameters: string): boolean {
  return parameters.split(/[;,]/).some((parameter) => {
    const [name, value = ''] = parameter.split('=');
    if (name?.trim().toLowerCase() !== 'rel') return false;
    const relations = value.trim().replace(/^"|"$/g, '').toLowerCase().split(' ');
    return relations.includes('next');
  });
}

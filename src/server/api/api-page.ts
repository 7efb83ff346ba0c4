/** The parts of an OpenAPI document that the page shows. */
interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: unknown;
  readonly responses?: Readonly<Record<string, { readonly description?: string }>>;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
code,pre{font-family:ui-monospace,monospace;font-size:.9em}article{border-top:1px solid #d5dbe3;padding:1rem 0}
.method{font-weight:700;display:inline-block;min-width:5rem}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.25rem .75rem .25rem 0;vertical-align:top}th{font-weight:600;color:#55606e}
pre{background:#f4f6f9;padding:.75rem;overflow:auto;border-radius:6px}
@media(prefers-color-scheme:dark){body{color:#e3e8ef;background:#12161c}article{border-color:#2d3642}pre{background:#1b222b}th{color:#9aa7b6}}`;

/** A page that describes the API, made from its OpenAPI document alone. Nothing is fetched from elsewhere. */
export function apiPage(document: object): string {
  const { info, paths } = document as {
    readonly info: { readonly title: string; readonly version: string; readonly description?: string };
    readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  };
  const articles = Object.entries(paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => article(method, path, operation)),
  );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escape(info.title)} API</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><style>${STYLE}</style></head><body>
<h1>${escape(info.title)} API <small>${escape(info.version)}</small></h1>
<p>${escape(info.description ?? '')} The same as a document: <a href="/api/openapi.json">openapi.json</a>.</p>
${articles.join('\n')}
</body></html>`;
}

function article(method: string, path: string, operation: Operation): string {
  const { summary = '', description = '', parameters = [], requestBody, responses = {} } = operation;
  const statuses = Object.entries(responses).map(
    ([status, { description: what = '' }]) => `<tr><th>${escape(status)}</th><td>${escape(what)}</td></tr>`,
  );
  return `<article><h2><span class="method">${escape(method.toUpperCase())}</span> <code>${escape(path)}</code></h2>
<p><strong>${escape(summary)}.</strong> ${escape(description)}</p>
${parameters.length > 0 ? `<table>${parameters.map(row).join('')}</table>` : ''}
${requestBody === undefined ? '' : `<details><summary>Body</summary><pre>${escape(JSON.stringify(requestBody, null, 2))}</pre></details>`}
<details><summary>Answers</summary><table>${statuses.join('')}</table></details></article>`;
}

function row({ name, in: place, required, description = '' }: Parameter): string {
  const must = required ? ', required' : '';
  return `<tr><th><code>${escape(name)}</code></th><td>${escape(place)}${must}</td><td>${escape(description)}</td></tr>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

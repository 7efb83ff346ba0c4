import type { CatalogueSection } from './catalogue.ts';
import type { Command } from './command.ts';
import { writeText } from './output.ts';

/** Prints a table of what there is; `all` as the document `docs/catalogue.md`. */
export const listCommand: Command = async ({ args, host }) => {
  const { catalogue } = await import('./catalogue.ts');
  const sections = await catalogue();
  const [wanted = 'all'] = args;
  const text =
    wanted === 'all'
      ? toDocument(sections)
      : sections
          .filter(({ name }) => name === wanted)
          .map(toColumns)
          .join('\n');
  await writeText(host.stdout, text);
  return 0;
};

function toColumns({ columns, rows }: CatalogueSection): string {
  const all = [columns.map((name) => name.toUpperCase()), ...rows];
  const widths = columns.map((_, index) => Math.max(...all.map((row) => row[index]?.length ?? 0)));
  const lines = all.map((row) =>
    row
      .map((text, index) => text.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return `${lines.join('\n')}\n`;
}

function toDocument(sections: readonly CatalogueSection[]): string {
  const parts = sections.map(({ name, about, columns, rows }) => {
    const title = name.charAt(0).toUpperCase() + name.slice(1);
    const lines = [columns, columns.map(() => '---'), ...rows.map((row) => row.map(cell))];
    return `## ${title}\n\n${about}\n\n${lines.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`;
  });
  return `# Catalogue\n\nWritten by \`drydock list all\`; do not edit.\n\n${parts.join('\n')}`;
}

function cell(text: string): string {
  return text.replace(/[|\\]/g, '\\$&').replace(/\*/g, '\\*');
}

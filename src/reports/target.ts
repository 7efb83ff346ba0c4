import type { Report } from '../model/report.ts';

/** What a result about packages of the operating system is called: `<artifact> (<family> <version>)`. */
export function targetOf({ image, os }: Report): string {
  return `${image.name}${os ? ` (${os.family} ${os.version})` : ''}`;
}

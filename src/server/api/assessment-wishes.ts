import type { LicenseCategory } from '../../model/finding.ts';
import type { AssessmentWishes } from '../../scan/remote/assess-layers.ts';

/** How a client writes what it wants of the judging, in the words of the command line. */
export interface WrittenWishes {
  readonly scanners?: readonly ('vuln' | ScannerWord)[];
  readonly severitySources?: readonly string[];
  readonly licenseCategories?: Readonly<Partial<Record<LicenseCategory, readonly string[]>>>;
}

type ScannerWord = keyof typeof SCANNERS;

const SCANNERS = { secret: 'secret', license: 'license', misconfig: 'misconfiguration' } as const;

const CATEGORIES = [
  ...(['forbidden', 'restricted', 'reciprocal', 'notice', 'permissive', 'unencumbered'] as const),
] satisfies readonly LicenseCategory[];

const names = (maxItems: number, maxLength: number) =>
  ({ type: 'array', maxItems, items: { type: 'string', maxLength } }) as const;

export const wishesSchema = {
  scanners: {
    type: 'array',
    maxItems: 8,
    items: { type: 'string', enum: ['vuln', ...Object.keys(SCANNERS)] },
    description: 'what to tell of; without it what the server is set up to look for',
  },
  severitySources: {
    ...names(32, 64),
    description: "whose severities count, the first that has one; without it the server's own setting",
  },
  licenseCategories: {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(CATEGORIES.map((category) => [category, names(1000, 256)])),
    description: "licences by category; without it the server's own setting",
  },
} as const;

export function wishesOf({ scanners, severitySources, licenseCategories }: WrittenWishes): AssessmentWishes {
  return {
    ...(scanners && {
      vulnerabilities: scanners.includes('vuln'),
      scanners: scanners.flatMap((word) => (word === 'vuln' ? [] : SCANNERS[word])),
    }),
    ...(severitySources && { severitySources }),
    ...(licenseCategories && { licenseCategories }),
  };
}

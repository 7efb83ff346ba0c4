import type { Group } from '../config/schema.ts';

export interface CommandSpec {
  /** The words that name it: `['db', 'update']`. */
  readonly path: readonly string[];
  readonly summary: string;
  readonly argument?: {
    readonly name: string;
    readonly description: string;
    readonly isVariadic?: true;
    /** The only words allowed. */
    readonly values?: readonly string[];
  };
  /** Which settings it takes as flags, besides the general ones. */
  readonly takes: readonly Group[];
  /** Runs until it is stopped, however long. */
  readonly isService?: true;
}

/** Sections of `catalogue.ts`, which is not loaded for help; a test keeps them equal. */
export const LISTS = ['all', 'analyzers', 'ecosystems', 'formats', 'secrets', 'checks'] as const;

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export const commands: readonly CommandSpec[] = [
  {
    path: ['scan'],
    summary: 'scan images for known vulnerabilities',
    argument: {
      name: 'image',
      description: 'registry reference, OCI layout, archive, directory or - for an archive on standard input',
      isVariadic: true,
    },
    takes: ['force', 'scan', 'report', 'database', 'registry', 'client', 'token'],
  },
  {
    path: ['sbom'],
    summary: 'tell what is in images as a bill of materials (cyclonedx, spdx-json, spdx)',
    argument: {
      name: 'image',
      description: 'as for scan',
      isVariadic: true,
    },
    takes: ['force', 'scan', 'report', 'registry', 'client', 'token'],
  },
  {
    path: ['convert'],
    summary: 'tell a report that was kept as JSON in another way',
    argument: {
      name: 'report',
      description: "report in JSON, Drydock's or Trivy's, or - for standard input",
    },
    takes: ['report'],
  },
  {
    path: ['diff'],
    summary: 'tell what is new and what is gone from one image or report to another',
    argument: {
      name: 'images',
      description: 'two images or reports in JSON, the earlier one first',
      isVariadic: true,
    },
    takes: ['force', 'scan', 'report', 'database', 'registry'],
  },
  {
    path: ['compare'],
    summary: 'have two scanners look at the same image, and tell where they differ',
    argument: {
      name: 'image',
      description: 'in a registry or an OCI layout',
    },
    takes: ['compare', 'scanner', 'force', 'database', 'registry'],
  },
  {
    path: ['patch'],
    summary: 'write an image in which what can be fixed is fixed: one new layer, no daemon, no root',
    argument: {
      name: 'image',
      description: 'in a registry or an OCI layout',
    },
    takes: ['patch', 'force', 'scan', 'report', 'database', 'registry'],
  },
  {
    path: ['serve'],
    summary: "scan for others: Trivy's clients, Drydock's own, and whoever speaks HTTP",
    takes: [
      ...(['scan', 'server', 'token', 'work', 'scanner', 'store', 'queue', 'refresh'] as const),
      ...(['database', 'registry'] as const),
    ],
    isService: true,
  },
  {
    path: ['worker'],
    summary: 'do the scans that servers have accepted',
    takes: ['scan', 'work', 'scanner', 'store', 'queue', 'refresh', 'database', 'registry'],
    isService: true,
  },
  {
    path: ['list'],
    summary: 'print what there is: analyzers, ecosystems, formats, secrets, checks',
    argument: { name: 'what', description: 'what to list', values: LISTS },
    takes: [],
  },
  {
    path: ['db', 'update'],
    summary: 'bring the newest advisory database',
    takes: ['force', 'database', 'registry'],
  },
  {
    path: ['db', 'status'],
    summary: 'tell which advisory database is in use, and its age',
    takes: ['database'],
  },
  {
    path: ['db', 'import'],
    summary: 'take an advisory database from a file, where there is no network',
    argument: {
      name: 'file',
      description: 'archive with trivy.db and metadata.json, or an OCI layout of one',
    },
    takes: ['database'],
  },
  {
    path: ['db', 'verify'],
    summary: 'read the advisory database whole and check it',
    takes: ['database'],
  },
  {
    path: ['cache', 'status'],
    summary: 'tell where the cache is and how much it holds',
    takes: [],
  },
  {
    path: ['cache', 'clear'],
    summary: 'forget all remembered layers and results; the database stays',
    takes: [],
  },
  {
    path: ['config'],
    summary: 'print the settings in force and where each comes from',
    takes: ['scan', 'report', 'database', 'registry'],
  },
  {
    path: ['completion'],
    summary: 'print a completion script for a shell',
    argument: { name: 'shell', description: 'the shell to write it for', values: SHELLS },
    takes: [],
  },
];

/** What the first words mean that have commands below them. */
export const FAMILIES: Readonly<Record<string, string>> = {
  db: 'the advisory database',
  cache: 'remembered layers and results',
};

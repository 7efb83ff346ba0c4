import type { FastifyInstance } from 'fastify';

/** As Trivy's client reads it; it skips the keys it does not know. Times in RFC 3339. */
export interface VersionAnswer {
  readonly Version: string;
  readonly VulnerabilityDB?: DatabaseVersion;
  readonly JavaDB?: DatabaseVersion;
  /** What only our own clients look at. */
  readonly Drydock?: {
    readonly Version: string;
    readonly Databases?: readonly {
      readonly Source: string;
      readonly Digest: string;
      readonly UpdatedAt?: string;
    }[];
  };
}

export interface DatabaseVersion {
  readonly Version: number;
  readonly NextUpdate: string;
  readonly UpdatedAt: string;
  readonly DownloadedAt: string;
}

const database = {
  type: 'object',
  required: ['Version', 'NextUpdate', 'UpdatedAt', 'DownloadedAt'],
  properties: {
    Version: { type: 'integer' },
    NextUpdate: { type: 'string' },
    UpdatedAt: { type: 'string' },
    DownloadedAt: { type: 'string' },
  },
} as const;

const answer = {
  type: 'object',
  required: ['Version'],
  properties: {
    Version: { type: 'string' },
    VulnerabilityDB: database,
    JavaDB: database,
    Drydock: {
      type: 'object',
      required: ['Version'],
      properties: {
        Version: { type: 'string' },
        Databases: {
          type: 'array',
          items: {
            type: 'object',
            required: ['Source', 'Digest'],
            properties: {
              Source: { type: 'string' },
              Digest: { type: 'string' },
              UpdatedAt: { type: 'string' },
            },
          },
        },
      },
    },
  },
} as const;

export type VersionSource = () => VersionAnswer | Promise<VersionAnswer>;

export function versionRoute(app: FastifyInstance, version: VersionSource): void {
  const schema = { response: { 200: answer } };
  app.get('/version', { config: { isProbe: true }, schema }, async () => version());
}

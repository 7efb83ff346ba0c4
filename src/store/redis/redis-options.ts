import type { Secret } from '../../base/secret.ts';

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** PEM texts. The certificate authorities replace those of the system. */
export interface RedisTls {
  readonly ca?: string;
  /** Always with `key`. */
  readonly cert?: string;
  readonly key?: string;
  /** The name that is looked for in the server's certificate, where it is not the host's. */
  readonly serverName?: string;
}

/** What stands behind the nodes. */
export type RedisTopology =
  | { readonly kind: 'single' }
  /** The nodes are the sentinels, and say who is the master of that name. */
  | {
      readonly kind: 'sentinel';
      readonly master: string;
      readonly username?: string;
      readonly password?: Secret;
    }
  /** The nodes are some of the cluster's, and say who the others are. */
  | { readonly kind: 'cluster' };

export interface RedisOptions {
  readonly topology: RedisTopology;
  /** One, if it is a single server. */
  readonly nodes: readonly RedisNode[];
  readonly username?: string;
  readonly password?: Secret;
  readonly database?: number;
  /** Absent: plain text. */
  readonly tls?: RedisTls;
  /** For each command, the connection included. */
  readonly timeoutMs?: number;
}

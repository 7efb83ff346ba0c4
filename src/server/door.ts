import type { FastifyInstance } from 'fastify';
import type { Caller, Scope } from './caller.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before any handler of a route with a scope runs. */
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** What a caller must be allowed to; absent: open to everybody. */
    readonly scope?: Scope;
    /** How an error is told, where a protocol has its own way; the default is a JSON problem. */
    readonly errors?: 'problem' | 'twirp' | 'harbor' | 'oci';
  }
}

/** A protocol that the server speaks: its routes, and only those. Everything it needs was given to its maker. */
export type Door = (app: FastifyInstance) => void | Promise<void>;

import type { FastifyInstance } from 'fastify';
import type { Caller, Scope } from './caller.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before any handler of a route with a scope runs. */
    caller: Caller;
    /** Aborts when the client has gone or the server cannot wait any longer. For everything that a handler starts. */
    readonly calledOff: AbortSignal;
  }
  interface FastifyContextConfig {
    /** What a caller must be allowed to; absent: open to everybody. */
    readonly scope?: Scope;
    /** How an error is told, where a protocol has its own way; the default is a JSON problem. */
    readonly errors?: 'problem' | 'twirp' | 'harbor' | 'oci';
    /** The status for a client that asks too often; 503 where clients try again only then. The default is 503 with `twirp`, else 429. */
    readonly tooMany?: 429 | 503;
    /** Not counted and never put off, whoever asks and however busy it is. For probes alone. */
    readonly isProbe?: boolean;
  }
}

/** A protocol that the server speaks: its routes, and only those. Everything it needs was given to its maker. */
export type Door = (app: FastifyInstance) => void | Promise<void>;

/** What a caller may do: look at what is known, have something done, or run the place. Each holds those before it. */
export type Scope = 'read' | 'scan' | 'admin';

/** Who is asking, once the door has let him in. */
export interface Caller {
  /**
   * Never a secret: the name of a token, which holds no colon; `oidc:` and the subject; `cert:` and the certificate's name;
   * `anonymous`. Two who come by different ways are never the same.
   */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
}

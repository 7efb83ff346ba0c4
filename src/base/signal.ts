/** Everything that waits takes one, so that it can be called off. */
export interface Signal {
  readonly signal: AbortSignal;
}

/** What a report for Harbor says besides what was found; names as on the wire. */
export interface ReportFrame {
  /** RFC 3339, UTC. */
  readonly generatedAt: string;
  readonly artifact: {
    readonly repository: string;
    readonly digest?: string;
    readonly tag?: string;
    readonly mime_type?: string;
  };
  readonly scanner: { readonly name: string; readonly vendor: string; readonly version: string };
}

/** The members that all reports begin with, in JSON, without the closing brace. */
export function openFrame({ generatedAt, artifact, scanner }: ReportFrame): string {
  return JSON.stringify({ generated_at: generatedAt, artifact, scanner }).slice(0, -1);
}

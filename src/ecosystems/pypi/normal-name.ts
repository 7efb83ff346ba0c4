/** Names are equal that differ only by case and by `-`, `_` or `.` between words. @see PEP 503 */
export function normalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

/** The name that a requirement of PEP 508 starts with. */
export function nameOfRequirement(requirement: string): string | undefined {
  return /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)/.exec(requirement.slice(0, 1024))?.[1];
}

/** `12.4` → `12`. */
export function majorOf(version: string): string {
  return version.split('.', 1)[0] ?? '';
}

/** `3.18.9` → `3.18`; `3.21.0_alpha20240923` → `3.21`. */
export function minorOf(version: string): string {
  return version.split('.', 2).join('.');
}

/** Amazon's `2 (Karoo)`, `2023.6.20241010`, and of the first one only dates: `2018.03`. */
export function amazonReleaseOf(version: string): string {
  const major = majorOf(version.trim().split(/\s/, 1)[0] ?? '');
  return major === '2' || major === '2022' || major === '2023' ? major : '1';
}

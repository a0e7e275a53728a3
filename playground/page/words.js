// Numbers in words.

/** @param {number} s Seconds. @param {number} [digits] @returns {string} 1:02:03.4 */
export function clock(s, digits = 1) {
  const scale = 10 ** digits;
  const whole = Math.round(s * scale) / scale;
  const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const rest = seconds.toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** @param {number} s Seconds. */
export function length(s) {
  if (s >= 3600) return `${Math.floor(s / 3600)}\u00a0h ${Math.round((s % 3600) / 60)}\u00a0min`;
  if (s >= 60) return `${Math.floor(s / 60)}\u00a0min ${Math.round(s % 60)}\u00a0s`;
  return `${s < 10 ? s.toFixed(2) : s.toFixed(1)}\u00a0s`;
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
}

/** @param {number} dollars With two digits that count. */
export function money(dollars) {
  if (!dollars) return "$0";
  const digits = Math.max(2, 1 - Math.floor(Math.log10(dollars)));
  return `$${dollars.toFixed(Math.min(digits, 9))}`;
}

/** @param {string} words @returns {string} As a sentence begins. */
export const sentence = (words) => words.charAt(0).toUpperCase() + words.slice(1);

/** @param {number} count @param {string} what */
export const many = (count, what) => `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;

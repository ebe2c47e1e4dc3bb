// Outlook tells its colours, not whether they are dark.

/** Whether text on this colour, `#rrggbb`, has to be light. */
export function isDark(colour: string): boolean {
  const [red = 255, green = 255, blue = 255] = (colour.match(/[\da-f]{2}/gi) ?? []).map((it) =>
    Number.parseInt(it, 16),
  );
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

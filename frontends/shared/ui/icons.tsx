// Line icons of 16 px, drawn in the colour of the text around them.
const PATHS = {
  mail: 'M1.75 3.75h12.5v8.5H1.75zM2 4.25l6 4.5 6-4.5',
  calendar: 'M2.25 3.25h11.5v10.5H2.25zM2.25 6.75h11.5M5.25 1.5v3M10.75 1.5v3',
  chat: 'M2.25 2.75h11.5v8H7.5l-3 2.75v-2.75H2.25zM5 5.75h6M5 8h4',
  task: 'M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5M5.25 8.25l2 2 3.5-4.25',
  open: 'M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5',
  video: 'M1.75 4.25h8.5v7.5h-8.5zM10.25 7.25l4-2.25v6l-4-2.25',
  refresh: 'M13.25 8a5.25 5.25 0 1 1-1.6-3.75M13.25 1.75v3h-3',
  warning: 'M8 2l6.25 11.5H1.75zM8 6.25v3.5M8 11.5v.25',
  lock: 'M3.75 7.25h8.5v6.5h-8.5zM5.25 7.25V5a2.75 2.75 0 0 1 5.5 0v2.25',
  plug: 'M5.5 1.75v3M10.5 1.75v3M3.75 4.75h8.5V7.5a4.25 4.25 0 0 1-8.5 0zM8 11.75v2.5',
  info: 'M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5M8 7.25v3.75M8 4.75v.25',
  unlink: 'M4 4l8 8M12 4l-8 8',
  clip: 'M12.5 7.25l-4.9 4.9a2.6 2.6 0 0 1-3.7-3.7l5.3-5.3a1.75 1.75 0 0 1 2.5 2.5l-5 5a.9.9 0 0 1-1.3-1.3l4.2-4.2',
  clock: 'M8 1.75a6.25 6.25 0 1 0 0 12.5 6.25 6.25 0 0 0 0-12.5M8 4.5V8l2.5 1.5',
  important: 'M8 2.5v7M8 12.5v.25',
  list: 'M5.5 4h8.25M5.5 8h8.25M5.5 12h8.25M2.25 4h.5M2.25 8h.5M2.25 12h.5',
  link: 'M6.75 9.25a2.75 2.75 0 0 0 3.9 0l2.3-2.3a2.75 2.75 0 0 0-3.9-3.9l-.8.8M9.25 6.75a2.75 2.75 0 0 0-3.9 0l-2.3 2.3a2.75 2.75 0 0 0 3.9 3.9l.8-.8',
  chevron: 'M4.5 6.25L8 9.75l3.5-3.5',
  collapse: 'M4.5 9.75L8 6.25l3.5 3.5',
  back: 'M9.75 4.5L6.25 8l3.5 3.5',
} as const;

export type IconName = keyof typeof PATHS;

/** Decorative: whatever an icon says is also said in words. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      className="icon"
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={size > 20 ? 1 : 1.4}
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

export const onReact: boolean;
export function runtimeAlias(): { find: RegExp; replacement: string }[];

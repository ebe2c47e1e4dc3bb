// Writes the skins of Outlook and Teams from Microsoft's own design tokens: the values that kit.css and the views name.
// https://react.fluentui.dev/?path=/docs/theme-colors--docs
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as module from '@fluentui/tokens';

const tokens = module.default ?? module;
const folder = path.resolve(import.meta.dirname, '../shared/ui');

/** Each of our variables, and the token that it takes its value from. */
const VARIABLES = {
  bg: 'colorNeutralBackground1',
  canvas: 'colorNeutralBackground3',
  'bg-raised': 'colorNeutralBackground2',
  'bg-hover': 'colorNeutralBackground1Hover',
  'bg-pressed': 'colorNeutralBackground1Pressed',
  'bg-neutral': 'colorNeutralBackground1Selected',
  'bg-neutral-hover': 'colorNeutralBackground1Pressed',
  'bg-button': 'colorNeutralBackground1',
  'bg-input': 'colorNeutralBackground1',
  bone: 'colorNeutralStencil1Alpha',
  text: 'colorNeutralForeground1',
  'text-subtle': 'colorNeutralForeground2',
  'text-subtlest': 'colorNeutralForeground3',
  link: 'colorBrandForegroundLink',
  border: 'colorNeutralStroke2',
  'border-input': 'colorNeutralStrokeAccessible',
  'border-button': 'colorNeutralStroke1',
  focus: 'colorStrokeFocus2',
  accent: 'colorBrandBackground',
  'accent-hover': 'colorBrandBackgroundHover',
  'on-accent': 'colorNeutralForegroundOnBrand',
  danger: 'colorStatusDangerBackground3',
  'danger-hover': 'colorStatusDangerBackground3Hover',
  'danger-bg': 'colorStatusDangerBackground1',
  'danger-text': 'colorStatusDangerForeground3',
  'danger-icon': 'colorStatusDangerForeground3',
  'warning-bg': 'colorStatusWarningBackground1',
  'warning-icon': 'colorStatusWarningForeground3',
  'info-bg': 'colorBrandBackground2',
  'info-text': 'colorBrandForeground2',
  'info-icon': 'colorBrandForeground1',
  'success-bg': 'colorStatusSuccessBackground1',
  'success-text': 'colorStatusSuccessForeground1',
  'success-icon': 'colorStatusSuccessForeground3',
  ...Object.fromEntries(
    ['Blue', 'Teal', 'Green', 'Lavender', 'Magenta', 'Pumpkin'].flatMap((color, hue) => [
      [`hue-${hue}-bg`, `colorPalette${color}Background2`],
      [`hue-${hue}-text`, `colorPalette${color}Foreground2`],
    ]),
  ),
  shadow: 'shadow2',
  font: 'fontFamilyBase',
  radius: 'borderRadiusMedium',
};

/** In the contrast theme a surface never changes its colour: text would have to change with it. */
const PLAIN = ['bg-hover', 'bg-pressed', 'bg-neutral', 'bg-neutral-hover'];

await write('skin-fluent.css', tokens.webLightTheme, tokens.webDarkTheme);
await write('skin-teams.css', tokens.teamsLightTheme, tokens.teamsDarkTheme);

function write(name, light, dark) {
  const contrast = tokens.teamsHighContrastTheme;
  const still = { ...contrast };
  for (const variable of PLAIN) still[VARIABLES[variable]] = contrast.colorNeutralBackground1;
  const text = [
    '/* Written by scripts/skins.mjs from @fluentui/tokens. */',
    rule(':root', 'light', light),
    rule(":root[data-color-mode='dark']", 'dark', dark),
    rule(":root[data-color-mode='contrast']", 'dark', still),
  ];
  return writeFile(path.join(folder, name), `${text.join('\n\n')}\n`);
}

function rule(selector, scheme, theme) {
  const lines = Object.entries(VARIABLES).map(([name, token]) => {
    if (theme[token] === undefined) throw new Error(`there is no token ${token}`);
    return `  --${name}: ${theme[token]};`;
  });
  return `${selector} {\n  color-scheme: ${scheme};\n${lines.join('\n')}\n}`;
}

// The texts of what can be done with meetings.
import { account } from '../../i18n/account';
import { actions } from '../../i18n/actions';
import { meetings } from '../../i18n/meetings';

export const packs = [meetings, actions, account];

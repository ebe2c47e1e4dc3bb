// The texts that attaching recordings needs.
import { actions } from '../../i18n/actions';
import { live } from '../../i18n/live';
import { transfers } from '../../i18n/transfers';

export const packs = [transfers, actions, live];

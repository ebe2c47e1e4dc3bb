// The texts of the parts that come later.
import { actions } from '../../i18n/actions';
import { mailForms } from '../../i18n/mail-forms';

export const packs = [actions, mailForms];

// Stands where a provider's blocks would be, when the person's account is what is missing.
import type { Provider, SourceFragment } from '../../gql/graphql';
import { t } from '../../i18n';
import { Icon } from '../../ui/icons';
import type { Standing } from '../standing';
import { AdminLink } from './AdminLink';
import { SignInActions } from './SignInActions';
import './account.css';

const WHY: Partial<
  Record<
    Standing,
    'connect.reauth' | 'connect.interaction' | 'connect.admin' | 'connect.blocked' | 'connect.consentPlain'
  >
> = {
  reauth: 'connect.reauth',
  interaction: 'connect.interaction',
  admin: 'connect.admin',
  blocked: 'connect.blocked',
  consent: 'connect.consentPlain',
};

export function Placemat({ source, standing }: { source: SourceFragment; standing: Standing }) {
  const provider: Provider = source.provider;
  const name = t(`provider.${provider}`);
  const why = WHY[standing];
  return (
    <section className="placemat" aria-labelledby={`placemat-${provider}`}>
      <span className="placemat-icon">
        <Icon
          name={
            standing === 'admin' || standing === 'blocked' ? 'lock' : provider === 'ZOOM' ? 'video' : 'plug'
          }
          size={20}
        />
      </span>
      <div className="placemat-body">
        <h2 id={`placemat-${provider}`} tabIndex={-1}>
          {standing === 'admin' ? t('connect.adminTitle') : name}
        </h2>
        <p>{why ? t(why, { provider: name }) : t(`connect.${provider}`)}</p>
        {standing === 'admin' ? <AdminLink url={source.adminConsentUrl} /> : null}
        {standing === 'admin' || standing === 'blocked' ? null : (
          <div className="actions">
            <SignInActions provider={provider} standing={standing} claims={source.claims} />
          </div>
        )}
      </div>
    </section>
  );
}

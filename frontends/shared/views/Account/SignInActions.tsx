// The button that signs a person in, and what became of the attempt.
import type { Provider } from '../../gql/graphql';
import { t } from '../../i18n';
import { Button } from '../../ui/kit';
import type { Standing } from '../standing';
import { useAccount } from './context';
import { sign } from './sign';

export function SignInActions({
  provider,
  standing,
  claims,
  small,
}: {
  provider: Provider;
  standing: Standing;
  /** What Entra wants to have answered. */
  claims?: string | null;
  small?: boolean;
}) {
  const { signIn, connect } = useAccount();
  const mine = signIn.at !== 'idle' && signIn.provider === provider ? signIn : null;
  if (mine?.at === 'blocked') {
    return (
      <>
        <span className="hint">{t('connect.popupBlocked')}</span>
        {/* The callback page has to be able to tell us, so this window keeps its opener. */}
        <a
          className={`button primary${small ? ' small' : ''}`}
          href={mine.url}
          target="_blank"
          rel="noopener opener"
        >
          {t('action.openSignIn')}
        </a>
      </>
    );
  }
  return (
    <>
      {mine?.at === 'failed' || mine?.at === 'refused' ? (
        <span className="hint">{t(`connect.${mine.at}`, { provider: t(`provider.${provider}`) })}</span>
      ) : null}
      <Button
        tone={small ? 'plain' : 'primary'}
        small={small}
        busy={mine?.at === 'waiting' || mine?.at === 'reading'}
        onClick={() => connect((attempt) => void sign(attempt, provider, claims))}
      >
        {mine?.at === 'waiting'
          ? t('action.connecting')
          : mine?.at === 'reading'
            ? t('status.loading')
            : labelOf(provider, standing)}
      </Button>
    </>
  );
}

function labelOf(provider: Provider, standing: Standing): string {
  if (standing === 'consent') {
    return t('action.allow');
  }
  if (standing === 'reauth' || standing === 'interaction') {
    return t('action.signInAgain');
  }
  return t('action.connect', { provider: t(`provider.${provider}`) });
}

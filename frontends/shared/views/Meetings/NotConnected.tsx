// What an account has to be given first, and the button for it.
import { SourceNote } from '../Account/lazily';
import type { Source } from '../IssuePanel/block';
import { useIssue } from '../IssuePanel/context';

export function NotConnected({ source }: { source: Source }) {
  const panel = useIssue();
  return (
    <SourceNote source={source} held={false} retrying={false} retry={() => void panel.read('meetings')} />
  );
}

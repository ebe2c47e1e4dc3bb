// Recordings on their way into a work item, as the stand-in gateway knows them.

const now = () => new Date().toISOString();

/** The files of a recording, as Zoom makes them; their sizes make up the whole. */
export function filesOf(topic, totalSize, startedAt) {
  const file = (type, recordingType, size, status = 'completed') => ({
    __typename: 'RecordingFile',
    id: `file-${topic}-${recordingType}`,
    type,
    recordingType,
    size,
    startedAt,
    status,
  });
  const small = [
    file('TRANSCRIPT', 'audio_transcript', 48_200),
    file('CHAT', 'chat_file', 2_100),
    file('TIMELINE', 'timeline', 9_000),
  ];
  const audio = Math.round(totalSize * 0.15);
  const rest = totalSize - audio - small.reduce((sum, it) => sum + it.size, 0);
  const gallery = Math.round(rest * 0.4);
  return [
    file('M4A', 'audio_only', audio),
    file('MP4', 'gallery_view', gallery),
    file('MP4', 'shared_screen_with_speaker_view', rest - gallery),
    ...small,
  ];
}

/** A transfer of one of a recording's files. */
export function transferOf(recording, type, more = {}) {
  const file = recording.files.findLast((it) => it.type === type);
  return {
    __typename: 'Transfer',
    id: `transfer-${file.id}`,
    issueId: 'issue-10042',
    recordingId: recording.id,
    fileId: file.id,
    startedBy: 'person',
    isOwn: true,
    state: 'RUNNING',
    size: file.size,
    sent: 0,
    failures: 0,
    createdAt: now(),
    endedAt: null,
    nextTryAt: null,
    problem: null,
    receipt: null,
    ...more,
  };
}

/** What becomes of one whose file is attached; the attachment is put on the work item. */
export function arrived(world, transfer) {
  const attachment = {
    __typename: 'Attachment',
    id: `9${world.attachments.length}`,
    name: `Zoom_2026-11-21_video_${transfer.id.length}f3a9c2e.mp4`,
    size: transfer.size,
  };
  world.attachments.push(attachment);
  const receipt = {
    size: transfer.size,
    sha256: null,
    attachmentId: attachment.id,
    recordingId: transfer.recordingId,
  };
  return changed(world, transfer.id, { state: 'DONE', sent: transfer.size, endedAt: now(), receipt });
}

/** One as it is after a change, in the world as well. */
export function changed(world, id, more) {
  const before = world.transfers.find((it) => it.id === id);
  const after = { ...before, ...more };
  world.transfers = world.transfers.map((it) => (it === before ? after : it));
  return after;
}

/** The mutations. */
export function transferring(world) {
  return {
    attachRecording: ({ input }) => {
      const refused = (code, field, message = '') => ({
        transfers: [],
        userErrors: [{ code, field: ['input', field], message }],
      });
      if (world.refuseAttach) return refused(...world.refuseAttach);
      if (!input.audienceAcknowledged) return refused('FIELD_REQUIRED', 'audienceAcknowledged');
      const recording = world.lists.recordings.find((it) => it.id === input.recording);
      const transfers = input.files.map((id) => {
        const file = recording.files.find((it) => it.id === id);
        const made = {
          ...transferOf({ ...recording, files: [file] }, file.type, { state: 'QUEUED' }),
          createdAt: now(),
        };
        world.transfers = [made, ...world.transfers.filter((it) => it.id !== made.id)];
        return made;
      });
      return { transfers, userErrors: [] };
    },
    cancelTransfer: ({ input }) => ({
      transfer: changed(world, input.transfer, { state: 'CANCELLED', endedAt: now() }),
      userErrors: [],
    }),
  };
}

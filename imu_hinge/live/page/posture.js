// The stick figure's joints, as imu_hinge/report/posture.py has them (a test compares the two): what the clips know,
// and a balance guess for what they do not. Lengths in statures, x forward, y up, ankle at x = 0.

const ANKLE = 0.039, SHANK = 0.246, THIGH = 0.245, PELVIS = 0.075, LUMBAR = 0.115, TRUNK = 0.165, NECK_HEAD = 0.095;
const MASS = { shank: 0.093, thigh: 0.2, pelvis: 0.142, abdomen: 0.139, chest: 0.316, head: 0.081 };
const SHANK_COM = 0.567, ARC = 25;
const UPRIGHT = ["sit_to_stand", "sprint_start"];

const rad = (deg) => (deg * Math.PI) / 180;
const clip = (value, least, most) => Math.min(most, Math.max(least, value));
const known = (value) => typeof value === "number" && Number.isFinite(value);
const from = (start, length, pitch) => [start[0] + length * Math.sin(pitch), start[1] + length * Math.cos(pitch)];

/** Shank, thigh, pelvis and T12 pitch in degrees of a BodyView; null where the clips cannot tell. */
export function pitches(body) {
  const hip = body.hip_deg.value, lumbar = body.lumbar_deg.value;
  let { thigh_pitch_deg: thigh, pelvis_pitch_deg: pelvis, back_pitch_deg: back } = body;
  if (!known(pelvis) && known(thigh) && known(hip)) pelvis = thigh + hip;
  if (!known(pelvis) && known(back) && known(lumbar)) pelvis = back - lumbar;
  const trunk = known(pelvis) && known(lumbar) ? pelvis + lumbar : back;
  const orNull = (value) => (known(value) ? value : null);
  return { shank: orNull(body.shank_pitch_deg), thigh: orNull(thigh), pelvis: orNull(pelvis), trunk: orNull(trunk) };
}

/** Joints of four pitches in degrees, any of them null: the unknown part follows its neighbour. */
export function pose(p, exercise = "") {
  const balanced = !UPRIGHT.includes(exercise);
  const knows = { shank: known(p.shank), thigh: known(p.thigh), pelvis: known(p.pelvis), trunk: known(p.trunk) };
  const trunk = rad(knows.trunk ? p.trunk : knows.pelvis ? p.pelvis : 0);
  const pelvis = knows.pelvis ? rad(p.pelvis) : trunk;
  const [weight, moment] = aboveHip(pelvis, trunk);
  let thigh, shank;
  if (knows.thigh) {
    thigh = rad(p.thigh);
    shank = balanced ? shankLean(thigh, weight, moment) : Math.max(thigh, 0);
  } else {
    thigh = shank = balanced ? legLean(weight, moment) : 0;
  }
  if (knows.shank) shank = rad(p.shank);
  const ankle = [0, ANKLE];
  const knee = from(ankle, SHANK, shank);
  const hip = from(knee, THIGH, thigh);
  const sacrum = from(hip, PELVIS, pelvis);
  const lumbar = arc(pelvis, trunk).map(([x, y]) => [sacrum[0] + x, sacrum[1] + y]);
  const shoulder = from(lumbar[lumbar.length - 1], TRUNK, trunk);
  const head = from(shoulder, NECK_HEAD, 0.75 * trunk);
  return { ankle, knee, hip, sacrum, lumbar, shoulder, head, knows, middle: (pelvis + trunk) / 2 };
}

function arc(start, end) {
  const points = [[0, 0]];
  for (let i = 0; i < ARC - 1; i++) {
    points.push(from(points[i], LUMBAR / (ARC - 1), start + ((end - start) * (i + 0.5)) / (ARC - 1)));
  }
  return points;
}

function aboveHip(pelvis, trunk) {
  const bend = arc(pelvis, trunk);
  const sacrumX = PELVIS * Math.sin(pelvis);
  const t12X = sacrumX + bend[ARC - 1][0];
  const shoulderX = t12X + TRUNK * Math.sin(trunk);
  const meanX = bend.reduce((sum, point) => sum + point[0], 0) / ARC;
  const moment = (MASS.pelvis * sacrumX) / 2 + MASS.abdomen * (sacrumX + meanX) + (MASS.chest * (t12X + shoulderX)) / 2
    + MASS.head * (shoulderX + NECK_HEAD * Math.sin(0.75 * trunk));
  return [MASS.pelvis + MASS.abdomen + MASS.chest + MASS.head, moment];
}

function shankLean(thigh, weight, moment) {
  const lever = SHANK * (MASS.shank * SHANK_COM + MASS.thigh + weight);
  const rest = moment + THIGH * Math.sin(thigh) * (MASS.thigh * SHANK_COM + weight);
  return Math.max(Math.asin(clip(-rest / lever, -0.26, 0.71)), thigh);
}

function legLean(weight, moment) {
  const lever = ((MASS.shank + MASS.thigh) * (SHANK + THIGH)) / 2 + weight * (SHANK + THIGH);
  return Math.asin(clip(-moment / lever, -0.6, 0.6));
}

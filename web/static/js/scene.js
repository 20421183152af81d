"use strict";
// Plays a scene (its shape is described in challenges/views.py) on a canvas over the still picture.
//
// Theory of operation. Time runs in frames, fractions included. `draw` paints one instant from the data alone, so that
// playing, scrubbing and stepping are all `seek`. World coordinates are the scene's; the camera is one transform. Colours
// come from the style sheet, words from the page: nothing here is written for one language.
(() => {
  const SPEEDS = [0.5, 1, 2, 4, 8];
  const FOLLOW_METRES = 90;
  const TRAIL_SECONDS = 3;
  const ROLES = { left: "ego", right: "rival", ball: "edge-line" };
  const PUT_BACK = ["goal", "drop"]; // before these somebody was put elsewhere: no way leads there
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  const make = (tag, facts = {}) => Object.assign(document.createElement(tag), facts);

  function pose(data, at, breaks = new Set()) {
    // Every actor that is there at an instant: index -> [x, y, heading], in between by interpolation.
    const first = Math.min(Math.floor(at), data.frames.length - 1);
    const share = at - first;
    const poses = new Map();
    const row = data.frames[first];
    for (let i = 0; i < row.length; i += 4) poses.set(row[i], [row[i + 1], row[i + 2], row[i + 3]]);
    const next = data.frames[first + 1];
    if (!share || !next || breaks.has(first + 1)) return poses;
    for (let i = 0; i < next.length; i += 4) {
      const here = poses.get(next[i]);
      if (!here) continue;
      const turn = Math.atan2(Math.sin(next[i + 3] - here[2]), Math.cos(next[i + 3] - here[2]));
      poses.set(next[i], [
        here[0] + share * (next[i + 1] - here[0]),
        here[1] + share * (next[i + 2] - here[1]),
        here[2] + share * turn,
      ]);
    }
    return poses;
  }

  function outline(shape) {
    const path = new Path2D();
    shape.points.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
    if (shape.kind === "area") path.closePath();
    return path;
  }

  class Player {
    constructor(figure, data) {
      this.figure = figure;
      this.data = data;
      this.last = data.frames.length - 1;
      this.at = 0;
      this.speed = 1;
      this.playing = false;
      this.following = data.follow !== null && !calm.matches;
      this.counts = data.series.map((series) => series.values.every(Number.isInteger));
      this.breaks = new Set(data.marks.filter((mark) => PUT_BACK.includes(mark.kind)).map((mark) => mark.frame));
      this.back = Math.round(TRAIL_SECONDS / data.seconds_per_frame);
      this.shapes = data.shapes.map((shape) => ({ ...shape, path: outline(shape) }));
      this.way = data.follow === null ? [] : data.frames.map((_, i) => pose(data, i).get(data.follow));
      this.canvas = make("canvas", { tabIndex: 0 });
      this.canvas.setAttribute("role", "img");
      this.canvas.setAttribute("aria-label", `${data.title[figure.dataset.lang]}. ${figure.dataset.stage}`);
      const stage = figure.querySelector(".stage");
      stage.append(this.canvas);
      stage.querySelector(".still").setAttribute("aria-hidden", "true");
      this.pen = this.canvas.getContext("2d");
      this.controls();
      for (const part of [this.canvas, this.scrub]) part.addEventListener("keydown", (event) => this.key(event));
      figure.querySelector(".keys").hidden = false;
      new ResizeObserver(() => this.resize()).observe(stage);
      this.resize();
    }

    colour(role) {
      return getComputedStyle(this.figure).getPropertyValue(`--${role}`).trim();
    }

    controls() {
      const words = this.figure.dataset;
      const box = this.figure.querySelector(".controls");
      this.button = make("button", { type: "button", className: "play", textContent: words.play });
      this.button.addEventListener("click", () => this.toggle());
      this.scrub = make("input", { type: "range", min: 0, max: this.last, step: "any", value: 0 });
      this.scrub.setAttribute("aria-label", words.scrub);
      this.scrub.addEventListener("input", () => this.seek(Number(this.scrub.value)));
      const track = make("div", { className: "track-in-time" });
      const strip = this.figure.querySelector(".marks-strip");
      if (strip) track.append(strip);
      track.append(this.scrub);
      this.pace = make("select");
      this.pace.setAttribute("aria-label", words.speed);
      for (const factor of SPEEDS) this.pace.append(new Option(`${factor}×`, factor, factor === 1, factor === 1));
      this.pace.addEventListener("change", () => (this.speed = Number(this.pace.value)));
      this.readout = make("span", { className: "readout" });
      box.replaceChildren(this.button, track, this.pace);
      if (this.data.follow !== null) {
        this.camera = make("button", { type: "button" });
        this.camera.addEventListener("click", () => {
          this.following = !this.following;
          this.label();
          this.draw();
        });
        box.append(this.camera);
      }
      box.append(this.readout);
      box.hidden = false;
      this.figure.querySelectorAll(".marks li").forEach((item, i) => {
        const jump = make("button", { type: "button", className: "jump" });
        jump.append(...item.childNodes);
        jump.addEventListener("click", () => this.seek(Math.max(0, this.data.marks[i].frame - 5)));
        item.append(jump);
      });
      this.label();
    }

    label() {
      const words = this.figure.dataset;
      this.button.textContent = this.playing ? words.pause : words.play;
      if (this.camera) this.camera.textContent = this.following ? words.whole : words.follow;
    }

    key(event) {
      const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -25, PageDown: 25, Home: -Infinity, End: Infinity };
      const paces = { ArrowUp: 1, "+": 1, ArrowDown: -1, "-": -1 };
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === " " || event.key === "k") this.toggle();
      else if (event.key in paces) this.hurry(paces[event.key]);
      else if (event.key in steps) this.seek(Math.round(this.at) + steps[event.key]);
      else return;
      event.preventDefault();
    }

    hurry(step) {
      const at = SPEEDS.indexOf(this.speed) + step;
      this.speed = SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, at))];
      this.pace.value = this.speed;
    }

    toggle() {
      this.playing = !this.playing;
      if (this.playing && this.at >= this.last) this.at = 0;
      this.label();
      if (!this.playing) return;
      let before = performance.now();
      const step = (now) => {
        if (!this.playing || !this.figure.isConnected) return;
        this.seek(this.at + ((now - before) / 1000 / this.data.seconds_per_frame) * this.speed);
        before = now;
        if (this.at >= this.last) {
          this.playing = false;
          this.label();
        } else {
          requestAnimationFrame(step);
        }
      };
      requestAnimationFrame(step);
    }

    seek(at) {
      this.at = Math.min(this.last, Math.max(0, at));
      this.scrub.value = this.at;
      this.draw();
    }

    resize() {
      const ratio = Math.min(2, devicePixelRatio || 1);
      this.canvas.width = Math.max(1, this.canvas.clientWidth * ratio);
      this.canvas.height = Math.max(1, this.canvas.clientHeight * ratio);
      this.draw();
    }

    aim(poses) {
      // One scale and offset: the whole course, or some 90 units around the actor that is followed.
      const [x0, y0, x1, y1] = this.data.bounds;
      const { width, height } = this.canvas;
      const eye = this.following && poses.get(this.data.follow);
      const scale = eye ? width / FOLLOW_METRES : 0.96 * Math.min(width / (x1 - x0), height / (y1 - y0));
      const [x, y] = eye || [(x0 + x1) / 2, (y0 + y1) / 2];
      const up = this.data.y_axis === "up" ? -1 : 1;
      this.pen.setTransform(scale, 0, 0, scale * up, width / 2 - x * scale, height / 2 - y * scale * up);
      return scale;
    }

    draw() {
      const { pen, data } = this;
      const poses = pose(data, this.at, this.breaks);
      pen.setTransform(1, 0, 0, 1, 0, 0);
      pen.fillStyle = this.colour("ground");
      pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
      const pixel = Math.min(2, devicePixelRatio || 1) / this.aim(poses);
      pen.lineCap = pen.lineJoin = "round";
      for (const shape of this.shapes) this.ground(shape, pixel);
      if (data.follow === null) this.tails(pixel);
      else this.stroke(this.way.slice(0, Math.floor(this.at) + 1).filter(Boolean), "way", 0.55, pixel);
      for (const [index, [x, y, heading]] of poses) this.actor(data.actors[index], x, y, heading, pixel);
      for (const mark of data.marks) if (mark.frame <= this.at + 0.5) this.mark(mark, pixel);
      this.tell();
    }

    ground(shape, pixel) {
      const colours = { road: "asphalt", edge: "edge-line", wall: "edge-line", finish: "gold", goal: "gold" };
      const colour = this.colour(colours[shape.role] ?? shape.role);
      if (shape.kind === "area") {
        this.pen.fillStyle = colour;
        this.pen.fill(shape.path);
        return;
      }
      this.pen.strokeStyle = colour;
      this.pen.lineWidth = Math.max(shape.width, (shape.role === "route" ? 2 : 1.2) * pixel);
      this.pen.setLineDash(shape.role === "divider" ? [2, 3] : []);
      this.pen.stroke(shape.path);
      this.pen.setLineDash([]);
    }

    tails(pixel) {
      // Where each one has been in the last seconds; who stood still has none.
      const now = Math.floor(this.at);
      const ways = new Map();
      const since = Math.max(0, now - this.back, ...[...this.breaks].filter((frame) => frame <= now));
      for (let frame = since; frame <= now; frame += 1) {
        const row = this.data.frames[frame];
        for (let i = 0; i < row.length; i += 4) {
          if (!ways.has(row[i])) ways.set(row[i], []);
          ways.get(row[i]).push([row[i + 1], row[i + 2]]);
        }
      }
      for (const [index, way] of ways) this.stroke(way, ROLES[this.data.actors[index].role] ?? "way", 0.4, pixel);
    }

    stroke(points, colour, opacity, pixel) {
      if (points.length < 2) return;
      this.pen.beginPath();
      points.forEach(([x, y], i) => (i ? this.pen.lineTo(x, y) : this.pen.moveTo(x, y)));
      this.pen.strokeStyle = this.colour(colour);
      this.pen.globalAlpha = opacity;
      this.pen.lineWidth = 2 * pixel;
      this.pen.stroke();
      this.pen.globalAlpha = 1;
    }

    actor(actor, x, y, heading, pixel) {
      const { pen } = this;
      const length = Math.max(actor.length, 5 * pixel);
      const width = Math.max(actor.width, 3 * pixel);
      pen.save();
      pen.translate(x, y);
      pen.rotate(heading);
      pen.fillStyle = this.colour(ROLES[actor.role] ?? actor.role);
      pen.strokeStyle = this.colour(actor.role === "right" ? "edge-line" : "ground");
      pen.lineWidth = (actor.role === "right" ? 2.5 : 1) * pixel;
      pen.beginPath();
      if (actor.kind === "disc") pen.arc(0, 0, length / 2, 0, 2 * Math.PI);
      else pen.roundRect(-length / 2, -width / 2, length, width, width / 4);
      pen.fill();
      pen.stroke();
      if (actor.kind === "box" && actor.role !== "obstacle") {
        pen.fillStyle = this.colour("ground");
        pen.globalAlpha = 0.65;
        pen.fillRect(length * 0.12, -width * 0.36, length * 0.16, width * 0.72);
      }
      pen.restore();
      const number = actor.kind === "disc" && /\d{1,2}$/.exec(actor.id);
      if (number && length > 14 * pixel) this.number(number[0], x, y, length);
    }

    number(text, x, y, length) {
      const { pen } = this;
      pen.save();
      pen.translate(x, y);
      if (this.data.y_axis === "up") pen.scale(1, -1);
      pen.fillStyle = this.colour("ground");
      pen.font = `700 ${length * 0.6}px sans-serif`;
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.fillText(text, 0, 0);
      pen.restore();
    }

    mark(mark, pixel) {
      const { pen } = this;
      const size = 9 * pixel;
      pen.strokeStyle = this.colour(mark.bad ? "mark-bad" : "mark-good");
      pen.lineWidth = 2.5 * pixel;
      pen.beginPath();
      pen.arc(mark.x, mark.y, size, 0, 2 * Math.PI);
      if (mark.bad) {
        pen.moveTo(mark.x - size / 2, mark.y - size / 2);
        pen.lineTo(mark.x + size / 2, mark.y + size / 2);
        pen.moveTo(mark.x + size / 2, mark.y - size / 2);
        pen.lineTo(mark.x - size / 2, mark.y + size / 2);
      }
      pen.stroke();
    }

    tell() {
      const { data, figure } = this;
      const write = new Intl.NumberFormat(figure.dataset.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
      const seconds = (frames) => write.format(frames * data.seconds_per_frame);
      const frame = Math.min(this.last, Math.round(this.at));
      const figures = data.series.map((series, i) => {
        const value = series.values[frame];
        const unit = series.unit && ` ${series.unit}`;
        return `${series.title[figure.dataset.lang]} ${this.counts[i] ? value : write.format(value)}${unit}`;
      });
      this.readout.textContent = [`${seconds(this.at)} / ${seconds(this.last)} s`, ...figures].join(" · ");
      this.scrub.setAttribute("aria-valuetext", `${seconds(this.at)} s`);
    }
  }

  async function open(figure) {
    figure.dataset.ready = "";
    try {
      const answer = await fetch(figure.dataset.scene, { credentials: "same-origin" });
      if (!answer.ok) return;
      const view = await answer.json();
      figure.player = new Player(figure, view.data);
    } catch (error) {
      console.warn(error); // the still picture stays
    }
  }

  const start = () => document.querySelectorAll("figure[data-scene]:not([data-ready])").forEach(open);
  document.addEventListener("podium:changed", start);
  start();
})();

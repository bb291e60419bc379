// Reads a head's GLB with three.js and says what is in it: node three_reading.mjs HEAD.glb
// Runs beside a folder node_modules with the package three.
import { readFileSync } from 'node:fs';
import { AnimationMixer, Euler } from 'three';

// Pictures are not decoded here; that they are found is enough.
globalThis.self = globalThis;
globalThis.createImageBitmap = async () => ({ width: 4, height: 4, close() {} });
const { GLTFLoader } = await import('three/examples/jsm/loaders/GLTFLoader.js');

const data = readFileSync(process.argv[2]);
const buffer = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
const yaw = (node) => new Euler().setFromQuaternion(node.quaternion, 'YXZ').y;

new GLTFLoader().parse(buffer, '', (file) => {
  const meshes = [];
  file.scene.traverse((node) => { if (node.isMesh) meshes.push(node); });
  const [clip] = file.animations;
  const mixer = new AnimationMixer(file.scene);
  mixer.clipAction(clip).play();
  mixer.setTime(clip.duration / 2);
  console.log(JSON.stringify({
    meshes: meshes.length,
    textured: meshes.filter((mesh) => mesh.material.map).length,
    keys: Object.keys(meshes[0].morphTargetDictionary),
    jaw: meshes[0].morphTargetInfluences[meshes[0].morphTargetDictionary.jawOpen],
    head: yaw(file.scene.getObjectByName('head_bone')),
    eye: yaw(file.scene.getObjectByName('eye_left')),
  }));
}, (error) => { console.error(error); process.exit(1); });

// Run once by the image on an empty data folder: the program's own user, with rights on its own database only.
db.getSiblingDB("tangthu").createUser({
  user: "tangthu",
  pwd: process.env.MONGO_SERVICE_PASSWORD,
  roles: [{ role: "readWrite", db: "tangthu" }, { role: "dbAdmin", db: "tangthu" }],
});
